// What a signer looks at and fills in before signing: the checklist, inputs with ◎ and ○, and what the signatures will look like. The server decides in the end.

import { byId, el, fill } from "./dom.js";
import { keep, kept } from "./signer-api.js";
import { number, say } from "./words.js";

const signs = ({ kind }) => kind === "seal" || kind === "invisible";

const TYPES = {
  text: { type: "text", maxlength: "2000" },
  name: { type: "text", maxlength: "200", autocomplete: "name" },
  date: { type: "date" },
  number: { type: "text", inputmode: "decimal", maxlength: "40" },
  checkbox: { type: "checkbox" },
};

/** Draws the form for `view`; `go(document, page, from)` jumps to a page, `changed()` is told of every change. */
export function askInputs(view, { go, changed, counter }) {
  const signed = new Set(view.documents.filter(({ action }) => action === "sign").map(({ number: n }) => n));
  const fields = view.fields.filter((field) => !signs(field) && signed.has(field.document));
  const { values, checked } = kept();
  const ticked = new Set(checked);
  const inputs = new Map();
  const boxes = new Map();

  const valueOf = ({ number: n, kind }) => {
    const input = inputs.get(n);
    return kind === "checkbox" ? (input.checked ? "on" : "") : input.value.trim();
  };
  const isDone = (n) => Boolean(valueOf(fields.find((field) => field.number === n)));
  const isOpen = (field) => field.required && !valueOf(field);

  function tellMark(n) {
    const done = isDone(n);
    const mark = byId(`mark-${n}`);
    mark.textContent = say(done ? "console-signer-filled" : "console-signer-empty");
    mark.classList.toggle("done", done);
  }

  function touched() {
    fields.forEach((field) => tellMark(field.number));
    keep({ values: Object.fromEntries(fields.map((field) => [field.number, valueOf(field)])), checked: [...ticked] });
    changed();
  }

  const place = ({ document, place: { at } }) => {
    const button = el("button", { type: "button", class: "quiet small" }, say("console-signer-see", { place: counter(document, at.page) }));
    button.addEventListener("click", () => go(document, at.page, button));
    return button;
  };

  function row(field) {
    const { number: n, kind, label, required } = field;
    const input = el("input", { id: `field-${n}`, "aria-describedby": `mark-${n}`, required, ...TYPES[kind] });
    if (kind === "checkbox") input.checked = values[n] === "on";
    else input.value = values[n] ?? "";
    input.addEventListener("input", touched);
    inputs.set(n, input);
    const words = [label, required ? "" : say("console-signer-optional")].filter(Boolean).join(" ");
    const named = el("label", { for: `field-${n}` }, words);
    const head = kind === "checkbox" ? el("span", { class: "tick" }, input, named) : named;
    return el("div", { class: "input-row" }, el("div", { class: "input-head" }, head, el("span", { class: "mark", id: `mark-${n}` })), kind !== "checkbox" && input, field.place?.at && place(field));
  }

  function item({ number: n, document, page, text }) {
    const box = el("input", { type: "checkbox", id: `item-${n}` });
    box.checked = ticked.has(n);
    box.addEventListener("change", () => {
      ticked[box.checked ? "add" : "delete"](n);
      touched();
    });
    boxes.set(n, box);
    const jump = el("button", { type: "button", class: "quiet small", "data-item": String(n) }, say("console-signer-see", { place: counter(document, page) }));
    jump.addEventListener("click", () => go(document, page, jump));
    return el("li", {}, el("span", { class: "tick" }, box, el("label", { for: `item-${n}` }, text)), jump);
  }

  /** What a signature of this signer will look like. */
  function seal(field) {
    const name = view.documents.find((document) => document.number === field.document)?.name;
    if (field.kind === "invisible") return el("li", {}, say("console-signer-invisible", { name }));
    const page = number(field.place.at.page);
    return el("li", {}, say("console-signer-visible", { name, page, seal: view.name }));
  }

  fill(byId("items"), ...view.checklist.map(item));
  byId("checklist").hidden = view.checklist.length === 0;
  fill(byId("rows"), ...fields.map(row));
  byId("inputs").hidden = fields.length === 0;
  fill(byId("seals"), ...view.fields.filter(signs).map(seal));
  fields.forEach((field) => tellMark(field.number));

  const focus = (n) => inputs.get(n)?.focus();

  /** How far document `n` is. */
  function state(n, action) {
    const own = (one) => one.document === n;
    const open = view.checklist.filter((one) => own(one) && !ticked.has(one.number)).length + fields.filter((field) => own(field) && isOpen(field)).length;
    const left = say("console-signer-left", { count: number(open) });
    if (open) return { done: false, words: `○ ${left}` };
    return { done: true, words: `◎ ${say(action === "view" ? "console-signer-only-shown" : "console-signer-ready")}` };
  }

  /** What is still missing: the control that takes it, and what to say. */
  function missing() {
    const one = view.checklist.find((each) => !ticked.has(each.number));
    if (one) return { control: boxes.get(one.number), words: say("console-signer-item-open", { text: one.text }) };
    const field = fields.find(isOpen);
    return field && { control: inputs.get(field.number), words: say("console-signer-field-open", { label: field.label }) };
  }

  const agreement = () => ({ values: Object.fromEntries(fields.map((field) => [field.number, valueOf(field)])), checked: [...ticked] });
  return { agreement, focus, isDone, missing, state };
}
