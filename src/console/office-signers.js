// Signers and the checklist of a draft, as lists of small forms.

import { byId, el, fill } from "./dom.js";
import { say } from "./words.js";

const input = (type, value, more = {}) => el("input", { type, value: value ?? "", autocomplete: "off", ...more });
const labelled = (id, control) => el("label", {}, say(id), " ", control);
const next = (list) => Math.max(0, ...list.map(({ number }) => number)) + 1;

/** A select of `[value, words]`. */
export function select(choices, value) {
  const control = el("select", {}, ...choices.map(([of, words]) => el("option", { value: of }, words)));
  control.value = String(value);
  return control;
}

/** Lets `list` be written in `parent`: `row` makes the form of one and `read` brings it back; `changed` is told of every change. */
function listed(parent, list, row, changed) {
  const draw = () =>
    fill(
      parent,
      ...list.map((one) => {
        const remove = el("button", { type: "button", class: "quiet" }, say("console-edit-remove"));
        remove.addEventListener("click", () => {
          list.splice(list.indexOf(one), 1);
          draw();
          changed();
          parent.nextElementSibling.focus();
        });
        const made = el("li", { class: "pair" }, ...row(one), remove);
        made.addEventListener("input", changed);
        return made;
      }),
    );
  draw();
  return draw;
}

/** Puts what is typed into a member of `one`. */
const bound = (control, one, name, made = (value) => value) => {
  control.addEventListener("input", () => (one[name] = made(control.value)));
  return control;
};

const optional = (value) => value.trim() || null;
const METHODS = [
  ["witness", "console-method-witness"],
  ["party", "console-method-party"],
];

/** The signers; `changed` when there are others, or other names. */
export function signers(list, changed) {
  const row = (one) => {
    const reach = input("text", one.reach.mail ?? one.reach.phone, { required: true });
    reach.addEventListener("input", () => (one.reach = reach.value.includes("@") ? { mail: reach.value.trim() } : { phone: reach.value.trim() }));
    const method = select(METHODS.map(([value, id]) => [value, say(id)]), one.method);
    method.addEventListener("input", () => Object.assign(one, { method: method.value, factors: method.value === "witness" ? ["mail_code"] : [] }));
    return [
      labelled("console-edit-order", bound(input("number", one.order, { min: "1", max: "50", required: true }), one, "order", Number)),
      labelled("console-edit-person", bound(input("text", one.name, { maxlength: "200", required: true }), one, "name")),
      labelled("console-edit-organisation", bound(input("text", one.organisation, { maxlength: "200" }), one, "organisation", optional)),
      labelled("console-edit-post", bound(input("text", one.post, { maxlength: "200" }), one, "post", optional)),
      labelled("console-edit-reach", reach),
      labelled("console-edit-method", method),
    ];
  };
  const draw = listed(byId("signers"), list, row, changed);
  byId("add-signer").addEventListener("click", () => {
    const order = Math.max(0, ...list.map((one) => one.order)) + 1;
    list.push({ number: next(list), order, name: "", organisation: null, post: null, reach: { mail: "" }, method: "witness", factors: ["mail_code"], certificates: [] });
    draw();
    changed();
    byId("signers").lastElementChild.querySelectorAll("input")[1].focus();
  });
}

/** The checklist; `documents()` are those of the draft. */
export function checklist(list, documents, changed) {
  const row = (one) => {
    const of = select(documents().map(({ number, name }) => [number, name]), one.document);
    return [
      labelled("console-edit-item", bound(input("text", one.text, { maxlength: "200", required: true }), one, "text")),
      labelled("console-edit-document", bound(of, one, "document", Number)),
      labelled("console-edit-page", bound(input("number", one.page, { min: "1", required: true }), one, "page", Number)),
    ];
  };
  const draw = listed(byId("checklist"), list, row, changed);
  byId("add-item").addEventListener("click", () => {
    const [first] = documents();
    if (!first) return;
    list.push({ number: next(list), document: first.number, page: 1, text: "" });
    draw();
    byId("checklist").lastElementChild.querySelector("input").focus();
  });
  return draw;
}
