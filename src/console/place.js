// A rectangle on a page's picture: drawn or dragged with the pointer, moved and sized with the arrow keys. In points from the page's lower left corner.

/** Smallest side of a seal, in points. */
const SMALLEST = 12;
const STEP = 4;
/** A pointer that moved less than this many pixels has clicked. */
const CLICK_PX = 5;

const tenth = (value) => Math.round(value * 10) / 10;

/** The rectangle, kept on the page. */
export function inside([x, y, width, height], [most, high]) {
  const side = (value, limit) => Math.min(Math.max(value, SMALLEST), Math.max(limit, SMALLEST));
  const [w, h] = [side(width, most), side(height, high)];
  const within = (value, limit) => Math.min(Math.max(value, 0), Math.max(limit, 0));
  return [within(x, most - w), within(y, high - h), w, h].map(tenth);
}

const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

/** What a key makes of `rect`: arrows move it, with Shift they size it, with Ctrl by a tenth; `null` for other keys. */
export function keyed({ key, shiftKey, ctrlKey }, rect) {
  const move = MOVES[key];
  if (!move) return null;
  const [dx, dy] = move.map((sign) => sign * (ctrlKey ? STEP / 10 : STEP));
  const [x, y, width, height] = rect;
  // The upper left corner stays: a taller seal grows downwards.
  return shiftKey ? [x, y + dy, width + dx, height - dy] : [x + dx, y + dy, width, height];
}

/**
 * Lets the pointer place a rectangle on `frame`, the picture of a page of `size` points. `ready()`: whether there is anything to place; `rect()`: where it stands,
 * or `null`; `placed(rect)` is told where it shall stand.
 */
export function pointed(frame, size, { ready, rect, usual, placed }) {
  let from = null;
  const at = (event) => {
    const box = frame.getBoundingClientRect();
    return [((event.clientX - box.left) / box.width) * size[0], (1 - (event.clientY - box.top) / box.height) * size[1]];
  };
  const drawn = ({ point: [x0, y0] }, [x1, y1]) => [Math.min(x0, x1), Math.min(y0, y1), Math.abs(x1 - x0), Math.abs(y1 - y0)];
  const moved = ({ point, rect: [x, y, width, height] }, to) => [x + to[0] - point[0], y + to[1] - point[1], width, height];
  const now = (event) => (from.rect ? moved(from, at(event)) : drawn(from, at(event)));
  const far = (event) => Math.hypot(event.clientX - from.client[0], event.clientY - from.client[1]) >= CLICK_PX;

  // The browser would carry the page's picture away instead.
  frame.addEventListener("dragstart", (event) => event.preventDefault());
  frame.addEventListener("pointerdown", (event) => {
    if (!ready() || event.button !== 0) return;
    const onMark = event.target.closest(".seal-mark");
    from = { point: at(event), client: [event.clientX, event.clientY], rect: onMark ? rect() : null };
    frame.setPointerCapture(event.pointerId);
  });
  frame.addEventListener("pointermove", (event) => {
    if (from && far(event)) placed(inside(now(event), size));
  });
  frame.addEventListener("pointerup", (event) => {
    if (!from) return;
    const [x, y] = from.point;
    const [width, height] = usual();
    if (far(event)) placed(inside(now(event), size), true);
    else if (!from.rect) placed(inside([x - width / 2, y - height / 2, width, height], size), true);
    from = null;
  });
  frame.addEventListener("pointercancel", () => (from = null));
}
