// The page at `/console/contracts/{id}/edit`: terms, documents, signers, fields and checklist of a draft, written back as a whole.

import { byId, el, fill } from "./dom.js";
import { change, contract, page, upload } from "./office-api.js";
import { placing } from "./office-fields.js";
import { begin, tell, tried } from "./office-frame.js";
import { checklist, select, signers } from "./office-signers.js";
import { lang, number, say } from "./words.js";

const id = location.pathname.split("/")[3];
const DATES = ["contract_date", "valid_from", "valid_until"];

await begin();
const draft = await contract(id);
let { version, documents } = draft;
/** What the server knows about signers beyond the draft is not sent back. */
const people = draft.signers.map(({ turn, bounced, signed_at, signed_ip, ...own }) => own);
const { fields, checklist: items } = draft;

const value = (name) => byId(name).value.trim();
const optional = (name) => value(name) || null;
const lines = (text) => text.split("\n").map((line) => line.trim()).filter(Boolean);
/** Full-width digits are what Japanese input methods type first. */
const plain = (text) => text.normalize("NFKC").replace(/[,\s円¥]/g, "");

function fillIn() {
  const { record } = draft;
  byId("title").value = draft.title;
  byId("message").value = draft.message;
  byId("due").value = draft.due ?? "";
  byId("reminders").value = draft.reminders.join(", ");
  byId("counterparties").value = record.counterparties.join("\n");
  byId("amount").value = record.amount ?? "";
  byId("local_id").value = record.local_id ?? "";
  byId("note").value = record.note;
  for (const name of DATES) byId(name).value = record[name] ?? "";
}

/** The draft as it is written now. A checked number that is no number stays as it is: the server says what is wrong. */
function written() {
  const amount = plain(value("amount"));
  return {
    title: value("title"),
    message: value("message"),
    documents: documents.map(({ number: n, name, action }) => ({ number: n, name, action })),
    signers: people,
    fields: fields.filter((field) => documents.some((one) => one.number === field.document) && people.some((one) => one.number === field.signer)),
    checklist: items.filter((item) => documents.some((one) => one.number === item.document)),
    due: optional("due"),
    reminders: value("reminders").normalize("NFKC").split(/[^0-9]+/).filter(Boolean).map(Number),
    record: {
      counterparties: lines(value("counterparties")),
      ...Object.fromEntries(DATES.map((name) => [name, optional(name)])),
      amount: amount ? Number(amount) : null,
      local_id: optional("local_id"),
      note: value("note"),
    },
  };
}

const changed = () => tell(say("console-edit-unsaved"));
const drawPlacing = placing(fields, { signers: () => people, documents: () => documents, fetched: (n, p) => page(id, n, p), changed });
const drawItems = checklist(items, () => documents, changed);

function documentRow(one, index) {
  const name = el("input", { type: "text", value: one.name, maxlength: "200", required: true, autocomplete: "off" });
  const action = select([["sign", say("console-edit-sign")], ["view", say("console-edit-view")]], one.action);
  const button = (words, work, disabled) => el("button", { type: "button", class: "quiet", disabled, "aria-label": say("console-people-about", { what: say(words), name: one.name }), onclick: work }, say(words));
  const redraw = () => {
    drawDocuments();
    changed();
  };
  const move = (by) => () => {
    documents.splice(index, 1);
    documents.splice(index + by, 0, one);
    redraw();
  };
  name.addEventListener("input", () => (one.name = name.value));
  action.addEventListener("input", () => (one.action = action.value));
  const made = el(
    "li",
    { class: "pair" },
    el("label", {}, say("console-edit-document-name"), " ", name),
    el("label", {}, say("console-edit-action"), " ", action),
    el("span", { class: "hint" }, say("console-pages", { count: number(one.pages.length) })),
    button("console-edit-up", move(-1), index === 0),
    button("console-edit-down", move(1), index === documents.length - 1),
    button("console-edit-remove", () => {
      documents.splice(index, 1);
      redraw();
    }),
  );
  made.addEventListener("input", changed);
  return made;
}

function drawDocuments() {
  fill(byId("documents"), ...documents.map(documentRow));
  drawPlacing();
  drawItems();
}

async function save() {
  const saved = await change(id, version, written());
  ({ version } = saved);
}

/** What is written is saved first, so that nothing is lost when the server adds the documents. */
async function add(files) {
  tell(say("console-reading", { count: number(files.length) }), "busy");
  if (byId("title").value.trim()) await save();
  for (const file of files) {
    const seen = await upload(id, file);
    version = seen.version;
    documents = seen.documents;
  }
  drawDocuments();
  tell(say("console-edit-added", { count: number(files.length) }), "good");
}

byId("files").addEventListener("change", ({ target }) =>
  tried(async () => {
    await add([...target.files]);
    target.value = "";
  }),
);
for (const type of ["dragover", "drop"]) document.addEventListener(type, (event) => event.preventDefault());
byId("drop").addEventListener("drop", (event) => tried(() => add([...event.dataTransfer.files])));

byId("edit").addEventListener("submit", (event) => {
  event.preventDefault();
  tried(async () => {
    await save();
    tell(say("console-edit-saved"), "good");
  });
});

fillIn();
signers(people, () => {
  changed();
  drawPlacing();
});
drawDocuments();
byId("terms-title").closest("section").addEventListener("input", changed);
byId("back").href = `/console/contracts/${id}?lang=${lang}`;
byId("edit").hidden = false;
if (draft.state !== "draft") location.replace(byId("back").href);
