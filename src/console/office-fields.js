// What signers fill in, placed on the pages' pictures with the pointer or the arrow keys. A place is kept in points from the page's upper left corner.

import { byId, el, fill } from "./dom.js";
import { select } from "./office-signers.js";
import { inside, keyed, pointed } from "./place.js";
import { onePage } from "./sheet.js";
import { number, say } from "./words.js";

const KINDS = [
  ["seal", "console-kind-seal"],
  ["invisible", "console-kind-invisible"],
  ["name", "console-kind-name"],
  ["date", "console-kind-date"],
  ["text", "console-kind-text"],
  ["checkbox", "console-kind-checkbox"],
  ["number", "console-kind-number"],
];
const kindWord = (kind) => say(KINDS.find(([name]) => name === kind)[1]);
/** Usual width and height in points. */
const SIZES = { seal: [60, 60], checkbox: [14, 14], date: [120, 16], number: [120, 16], name: [160, 16], text: [200, 16] };

const percent = (value, of) => `${(100 * value) / of}%`;
/** `place.js` counts from below. */
const rectOf = ({ x, y, w, h }, high) => [x, high - y - h, w, h];
const placeOf = ([x, y, w, h], high, page) => ({ at: { page, x, y: Math.max(Math.round((high - y - h) * 10) / 10, 0), w, h } });

/** Lets `fields` be placed; `signers()` and `documents()` are those of the draft, `fetched(n, p)` gives a page. */
export function placing(fields, { signers, documents, fetched, changed }) {
  const state = { document: documents()[0]?.number, page: 1, chosen: null, frame: null, size: null };
  const said = el("p", { class: "hint", role: "status", "aria-live": "polite", id: "field-said" });
  const here = (field) => field.document === state.document && field.place?.at?.page === state.page;
  const nameOf = (field) => signers().find((one) => one.number === field.signer)?.name || say("console-edit-nobody");
  const labelOf = (field) => say("console-edit-field-name", { label: field.label, kind: kindWord(field.kind), name: nameOf(field) });
  const current = () => documents().find((one) => one.number === state.document);

  /** Says where a field stands. */
  const tellPlace = ({ label, place }) => {
    const { x, y, w, h } = place.at;
    said.textContent = say("console-edit-placed", { label, x: number(x), y: number(y), w: number(w), h: number(h) });
  };

  function put(field, rect, done) {
    field.place = placeOf(inside(rect, state.size), state.size[1], state.page);
    if (done) tellPlace(field);
    changed();
    marks();
  }

  function mark(field) {
    const [width, high] = state.size;
    const rect = rectOf(field.place.at, high);
    const button = el("button", { type: "button", class: `seal-mark field-mark${field === state.chosen ? " chosen" : ""}`, "data-field": field.number, "aria-label": labelOf(field), "aria-describedby": "field-said" }, field.label);
    Object.assign(button.style, { left: percent(rect[0], width), bottom: percent(rect[1], high), width: percent(rect[2], width), height: percent(rect[3], high) });
    button.addEventListener("pointerdown", () => (state.chosen = field));
    button.addEventListener("focus", () => (state.chosen = field));
    button.addEventListener("keydown", (event) => {
      const moved = keyed(event, rect);
      if (!moved) return;
      event.preventDefault();
      put(field, moved, true);
      state.frame.querySelector(`[data-field="${field.number}"]`)?.focus();
    });
    return button;
  }

  function marks() {
    if (!state.frame) return;
    for (const old of state.frame.querySelectorAll(".field-mark")) old.remove();
    state.frame.append(...fields.filter(here).map(mark));
  }

  function shown({ frame, size }) {
    Object.assign(state, { frame, size });
    pointed(frame, size, {
      ready: () => Boolean(state.chosen && state.chosen.kind !== "invisible"),
      rect: () => (here(state.chosen) ? rectOf(state.chosen.place.at, size[1]) : null),
      usual: () => SIZES[state.chosen.kind],
      placed: (rect, done) => put(state.chosen, rect, done),
    });
    marks();
  }

  const holder = el("div", { class: "placing-page" });
  function showPage() {
    Object.assign(state, { frame: null, size: null });
    const document = current();
    if (!document) return fill(holder, el("p", { class: "none" }, say("console-edit-documents-first")));
    state.page = Math.min(state.page, document.pages.length);
    const turn = (by, id) => {
      const to = state.page + by;
      const button = el("button", { type: "button", disabled: to < 1 || to > document.pages.length }, say(id));
      button.addEventListener("click", () => {
        state.page = to;
        showPage();
      });
      return button;
    };
    const figure = onePage({ name: document.name, count: document.pages.length }, state.page, (p) => fetched(document.number, p), shown);
    return fill(holder, el("div", { class: "actions-row" }, turn(-1, "console-edit-previous"), turn(1, "console-edit-next")), figure);
  }

  function row(field) {
    const label = el("input", { type: "text", value: field.label, maxlength: "200", required: true });
    label.addEventListener("input", () => {
      field.label = label.value;
      changed();
      marks();
    });
    const required = el("input", { type: "checkbox", checked: field.required });
    required.addEventListener("change", () => {
      field.required = required.checked;
      changed();
    });
    const go = el("button", { type: "button", class: "quiet" }, say("console-edit-show-field"));
    go.addEventListener("click", () => {
      Object.assign(state, { document: field.document, page: field.place?.at?.page ?? 1, chosen: field });
      draw();
      byId("placing").scrollIntoView();
    });
    const remove = el("button", { type: "button", class: "quiet" }, say("console-edit-remove"));
    remove.addEventListener("click", () => {
      fields.splice(fields.indexOf(field), 1);
      state.chosen = null;
      changed();
      draw();
    });
    const seal = ["seal", "invisible"].includes(field.kind);
    return el(
      "li",
      { class: "pair" },
      el("label", {}, say("console-edit-label"), " ", label),
      el("span", { class: "hint" }, [kindWord(field.kind), nameOf(field), field.place?.at && say("console-seal-asked-page", { page: number(field.place.at.page) })].filter(Boolean).join(say("console-separator"))),
      !seal && el("label", { class: "tick" }, required, ` ${say("console-edit-required")}`),
      field.place?.at && go,
      remove,
    );
  }

  function adding() {
    const of = select(signers().map((one) => [one.number, one.name || say("console-edit-nobody")]), signers()[0]?.number);
    const kind = select(KINDS.map(([value, id]) => [value, say(id)]), "seal");
    const add = el("button", { type: "button", id: "add-field" }, say("console-edit-add-field"));
    add.addEventListener("click", () => {
      if (!current() || !signers().length) return (said.textContent = say("console-edit-signers-first"));
      const count = Math.max(0, ...fields.map((one) => one.number)) + 1;
      const field = { number: count, document: state.document, signer: Number(of.value), kind: kind.value, label: kindWord(kind.value), required: true, place: null };
      fields.push(field);
      state.chosen = field;
      if (kind.value !== "invisible" && state.size) {
        const [[width, high], [w, h]] = [state.size, SIZES[kind.value]];
        field.place = placeOf(inside([(width - w) / 2, (high - h) / 2, w, h], state.size), high, state.page);
      }
      changed();
      draw();
      byId("placing").querySelector(`[data-field="${count}"]`)?.focus();
      return undefined;
    });
    return el("div", { class: "pair" }, el("label", {}, say("console-edit-for"), " ", of), el("label", {}, say("console-edit-kind"), " ", kind), add);
  }

  function draw() {
    if (!current()) Object.assign(state, { document: documents()[0]?.number, page: 1 });
    const which = select(documents().map((one) => [one.number, one.name]), state.document);
    which.addEventListener("change", () => {
      Object.assign(state, { document: Number(which.value), page: 1, chosen: null });
      draw();
    });
    const own = fields.filter((field) => field.document === state.document);
    const keep = state.frame && state.shown === `${state.document}/${state.page}`;
    fill(byId("placing"), el("label", {}, say("console-edit-document"), " ", which), adding(), said, holder, el("ol", { class: "rows" }, ...own.map(row)));
    if (keep) marks();
    else showPage();
    state.shown = `${state.document}/${state.page}`;
  }

  return draw;
}
