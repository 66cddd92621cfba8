// Pages of a contract's document as pictures with their text, fetched when they come near the screen.

import { el, fill, picture } from "./dom.js";
import { number, say } from "./words.js";

const pageOf = (p, count) => say("console-page-of", { page: number(p), pages: number(count) });

/** One page: its figure, and `load` for its picture; `shown({frame, size})` is told of a page that has it. */
function sheet({ name, count, counter = pageOf }, p, fetched, shown) {
  const frame = el("div", { class: "sheet-frame", "aria-busy": "true" });
  const text = el("details", { class: "sheet-words" });
  const figure = el("figure", { class: "sheet" }, el("figcaption", {}, counter(p, count)), frame, text);
  const load = async () => {
    try {
      const page = await fetched(p);
      fill(frame, picture(page.picture, { class: "sheet-picture", alt: say("console-page-picture", { name, page: number(p) }), draggable: "false" }));
      fill(
        text,
        el("summary", {}, say("console-page-text", { name, page: number(p) })),
        el("p", { class: page.text.trim() ? "page-words" : "none" }, page.text.trim() || say("console-no-text")),
        ...page.warnings.map((warning) => el("p", { class: "notice warning" }, warning.message)),
      );
      shown?.({ frame, size: page.size });
    } catch (error) {
      fill(frame, el("p", { class: "notice bad" }, error.message));
    }
  };
  return { figure, load };
}

/** One page at once, loaded now. */
export function onePage(document, p, fetched, shown) {
  const { figure, load } = sheet(document, p, fetched, shown);
  load();
  return figure;
}

/** All pages, each loaded when it comes near; `beside(p)` gives what stands below the picture of page `p`, or nothing; `shown(p, {frame, size})` is told of a page that has its picture. */
export function allPages(document, fetched, beside = () => null, shown = () => {}) {
  const loads = new Map();
  const observer = new IntersectionObserver(
    (entries) => {
      for (const { isIntersecting, target } of entries) {
        if (!isIntersecting) continue;
        observer.unobserve(target);
        loads.get(target)();
      }
    },
    { rootMargin: "600px 0px" },
  );
  return Array.from({ length: document.count }, (_, index) => {
    const { figure, load } = sheet(document, index + 1, fetched, (seen) => shown(index + 1, seen));
    figure.append(...[beside(index + 1)].filter(Boolean));
    loads.set(figure, load);
    observer.observe(figure);
    return figure;
  });
}
