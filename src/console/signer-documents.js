// The documents of a contract as tabs: each with its state, its pages as picture and text, and the places that this signer fills in.

import { el, fill } from "./dom.js";
import { allPages } from "./sheet.js";
import { documentAddress, page } from "./signer-api.js";
import { number, say } from "./words.js";

const percent = (value, of) => `${(100 * value) / of}%`;
/** The text has room beside the picture. */
const wide = matchMedia("(min-width: 44rem)").matches;
const signs = ({ kind }) => kind === "seal" || kind === "invisible";

/** 「文書1(1/3)」 */
export const counter = (view, n, p) => {
  const at = view.documents.findIndex((document) => document.number === n);
  return say("console-signer-counter", { document: number(at + 1), page: number(p), pages: number(view.documents[at].pages) });
};

/** Shows the documents; `inputs` knows what is done. Gives `go(n, p, back)`, which jumps to a page, and `refresh()`. */
export function showDocuments(parent, view, inputs) {
  const marks = new Map();
  const back = el("button", { type: "button", class: "quiet" }, say("console-signer-back"));

  /** Where a field stands on its page. */
  function mark(field, size) {
    const { x, y, w, h } = field.place.at;
    const seal = signs(field);
    const words = seal ? view.name : "";
    const made = seal
      ? el("span", { class: "seal-mark fixed" }, words)
      : el("button", { type: "button", class: "field-place", "aria-label": say("console-signer-fill-in", { label: field.label }), onclick: () => inputs.focus(field.number) });
    Object.assign(made.style, { left: percent(x, size[0]), top: percent(y, size[1]), width: percent(w, size[0]), height: percent(h, size[1]) });
    if (!seal) marks.set(field.number, made);
    return made;
  }

  function shown(n, p, { frame, size }) {
    const here = view.fields.filter(({ document, place }) => document === n && place?.at?.page === p);
    frame.append(...here.map((field) => mark(field, size)));
    refresh();
  }

  function panel(document) {
    const n = document.number;
    const facts = [say(document.action === "view" ? "console-signer-only-shown" : "console-signer-to-be-signed"), say("console-pages", { count: number(document.pages) })];
    const pages = allPages({ name: document.name, count: document.pages, counter: (p) => counter(view, n, p) }, (p) => page(n, p), undefined, (p, seen) => shown(n, p, seen));
    pages.forEach((figure, index) => {
      Object.assign(figure, { id: `d${n}-p${index + 1}`, tabIndex: -1 });
      figure.querySelector(".sheet-words").open = wide;
    });
    return el(
      "div",
      { class: "document", role: "tabpanel", id: `panel-${n}`, "aria-labelledby": `tab-${n}` },
      el("h2", { class: "document-name" }, document.name),
      el("p", { class: "document-facts" }, facts.join(say("console-separator"))),
      el("p", {}, el("a", { href: documentAddress(n), download: `${document.name}.pdf` }, say("console-signer-download", { name: document.name }))),
      ...pages,
    );
  }

  const tabs = view.documents.map((document, index) =>
    el(
      "button",
      { type: "button", role: "tab", class: "tab", id: `tab-${document.number}`, "aria-controls": `panel-${document.number}` },
      el("span", { class: "tab-count" }, say("console-signer-document-of", { document: number(index + 1), documents: number(view.documents.length) })),
      el("span", { class: "tab-name" }, document.name),
      el("span", { class: "tab-state" }),
    ),
  );
  const panels = view.documents.map(panel);

  function select(index) {
    tabs.forEach((tab, at) => {
      tab.setAttribute("aria-selected", String(at === index));
      tab.tabIndex = at === index ? 0 : -1;
      panels[at].hidden = at !== index;
    });
  }

  tabs.forEach((tab, index) => {
    tab.addEventListener("click", () => select(index));
    tab.addEventListener("keydown", ({ key }) => {
      const by = { ArrowRight: 1, ArrowLeft: -1 }[key];
      if (!by) return;
      const to = (index + by + tabs.length) % tabs.length;
      select(to);
      tabs[to].focus();
    });
  });

  /** Jumps to page `p` of document `n`; a button there leads back to `from`. */
  function go(n, p, from) {
    select(view.documents.findIndex((document) => document.number === n));
    const figure = document.getElementById(`d${n}-p${p}`);
    back.onclick = () => from.focus();
    figure.querySelector("figcaption").append(back);
    figure.focus();
  }

  function refresh() {
    tabs.forEach((tab, index) => {
      const { number: n, action } = view.documents[index];
      const state = inputs.state(n, action);
      tab.querySelector(".tab-state").textContent = state.words;
      tab.classList.toggle("done", state.done);
    });
    for (const [n, made] of marks) made.textContent = inputs.isDone(n) ? "◎" : "○";
  }

  fill(parent, el("div", { role: "tablist", class: "tabs", "aria-label": say("console-documents") }, ...tabs), ...panels);
  parent.hidden = false;
  select(0);
  refresh();
  return { go, refresh };
}
