// Invisible, or a seal at a place on a page: by click on the picture, or by fields and arrow keys.

import { el, fill } from "./dom.js";
import { sealPicture } from "./pages.js";
import { say } from "./words.js";

/** Side of a seal in points: about 21 mm, as a company's round seal. */
const SIDE = 60;
const MARGIN = 36;
const STEP = 4;

const percent = (value, of) => `${(100 * value) / of}%`;

const CORNERS = [
  ["bottom-right", "console-corner-bottom-right"],
  ["top-right", "console-corner-top-right"],
  ["bottom-left", "console-corner-bottom-left"],
  ["top-left", "console-corner-top-left"],
];

function cornerOf(name, [width, height]) {
  return [name.endsWith("right") ? width - MARGIN - SIDE : MARGIN, name.startsWith("top") ? height - MARGIN - SIDE : MARGIN];
}

/** Keeps the seal on the page. */
function inside([x, y], [width, height]) {
  const within = (value, most) => Math.round(Math.min(Math.max(value, 0), Math.max(most - SIDE, 0)) * 10) / 10;
  return [within(x, width), within(y, height)];
}

/** Fills `parent` with the choice; `documents` are those of the preview, `holder()` names whoever signs. */
export function chooseLook(parent, documents, holder) {
  const asked = documents.map((document) => document.appearance);
  const state = { visible: asked.some(Boolean), text: "", corner: "bottom-right", places: new Map(), frames: new Map() };
  const name = el("input", { type: "text", id: "seal-text", maxlength: "12", autocomplete: "off" });
  const corner = el("select", { id: "seal-corner" }, ...CORNERS.map(([value, id]) => el("option", { value }, say(id))));
  const pages = el("input", { type: "number", id: "seal-page", min: "1", value: "1", inputmode: "numeric" });
  const fields = el(
    "div",
    { class: "seal-fields" },
    el("label", { for: "seal-text" }, say("console-seal-text"), name),
    el("label", { for: "seal-page" }, say("console-seal-page"), pages),
    el("label", { for: "seal-corner" }, say("console-seal-place"), corner),
    el("p", { class: "hint" }, say("console-seal-hint")),
  );
  const radio = (value, id, hint) =>
    el(
      "label",
      { class: "choice" },
      el("input", { type: "radio", name: "look", value, checked: (value === "seal") === state.visible }),
      el("span", { class: "choice-words" }, el("span", { class: "choice-name" }, say(id)), el("span", { class: "choice-facts" }, say(hint))),
    );
  fill(
    parent,
    radio("invisible", "console-look-invisible", "console-look-invisible-hint"),
    radio("seal", "console-look-seal", "console-look-seal-hint"),
    fields,
  );

  const pageOf = (document) => Math.min(Math.max(Number(pages.value) || 1, 1), document.pages ?? 1);
  const placeOf = (n, size) => inside(state.places.get(n) ?? cornerOf(corner.value, size), size);

  function draw() {
    fields.hidden = !state.visible;
    for (const { frame } of state.frames.values()) frame.querySelector(".seal-mark")?.remove();
    if (!state.visible) return;
    for (const document of documents) {
      const asked = document.appearance;
      const shown = state.frames.get(`${document.n}/${asked ? asked.page : pageOf(document)}`);
      if (shown) shown.frame.append(asked ? fixed(document, shown.size) : mark(document.n, shown));
    }
  }

  /** The seal as the site asked for it, where and how it will stand; it is not the person's to move. */
  function fixed({ appearance, seal }, size) {
    const [x, y, width, height] = appearance.rect;
    const inner = seal ? sealPicture(seal) : appearance.seal.name;
    const box = el("div", { class: "seal-mark fixed" }, inner);
    Object.assign(box.style, { left: percent(x, size[0]), bottom: percent(y, size[1]), width: percent(width, size[0]), height: percent(height, size[1]) });
    return box;
  }

  function mark(n, { size }) {
    const [x, y] = placeOf(n, size);
    const words = name.value || holder() || "印";
    const button = el("button", { type: "button", class: "seal-mark", "aria-label": say("console-seal-move", { words }) }, words);
    button.style.left = percent(x, size[0]);
    button.style.bottom = percent(y, size[1]);
    button.style.width = percent(SIDE, size[0]);
    button.addEventListener("keydown", (event) => {
      const moves = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, STEP], ArrowDown: [0, -STEP] };
      const move = moves[event.key];
      if (!move) return;
      event.preventDefault();
      const [atX, atY] = placeOf(n, size);
      state.places.set(n, inside([atX + move[0], atY + move[1]], size));
      draw();
      state.frames.get(`${n}/${pageOf(documents[n - 1])}`)?.frame.querySelector(".seal-mark")?.focus();
    });
    return button;
  }

  /** A page has its picture: it may carry the seal from now on. */
  function shown({ document: n, page, size, frame }) {
    state.frames.set(`${n}/${page}`, { size, frame });
    frame.addEventListener("click", (event) => {
      if (!state.visible || asked[n - 1] || event.target.closest(".seal-mark")) return;
      const box = frame.getBoundingClientRect();
      const x = ((event.clientX - box.left) / box.width) * size[0] - SIDE / 2;
      const y = (1 - (event.clientY - box.top) / box.height) * size[1] - SIDE / 2;
      pages.value = String(page);
      state.places.set(n, inside([x, y], size));
      draw();
    });
    draw();
  }

  parent.addEventListener("input", (event) => {
    if (event.target.name === "look") state.visible = event.target.value === "seal";
    if (event.target === corner || event.target === pages) state.places.clear();
    draw();
  });
  draw();
  // A number cannot carry a seal.
  parent.closest("fieldset").hidden = documents.some((document) => document.digest);

  /** One appearance a document, `null` where the signature is invisible. A page not looked at yet is taken as A4. */
  function appearances() {
    return documents.map((document, index) => {
      if (!state.visible) return null;
      if (asked[index]) return asked[index];
      const page = pageOf(document);
      const size = state.frames.get(`${document.n}/${page}`)?.size ?? [595, 842];
      return { seal: { name: name.value || holder() }, page, rect: [...placeOf(document.n, size), SIDE, SIDE] };
    });
  }
  /** A seal needs words: those typed, or the name on the certificate where it can be read. */
  const lacksText = () => state.visible && !asked.every(Boolean) && !(name.value || holder());
  return { shown, appearances, lacksText, redraw: draw };
}
