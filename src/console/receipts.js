// The page at `/receipts`: what the person signed, newest first, and what is known of one file. The file itself stays in the browser; only its digest is asked for.

import { receipts } from "./api.js";
import { dropZone } from "./documents.js";
import { byId, el, fill } from "./dom.js";
import { tell } from "./progress.js";
import { moment, say, size } from "./words.js";

/** The browser hashes a file as a whole: larger ones would fill its memory. */
const MAX_BYTES = 512e6;

const list = byId("receipts");

function row(receipt) {
  const facts = [
    [say("console-receipts-at"), moment(receipt.at)],
    [say("console-receipts-origin"), receipt.origin ?? say("console-receipts-self")],
    [say("console-check-number"), receipt.check],
  ];
  const digests = [
    [say("console-receipts-before"), receipt.input],
    [say("console-receipts-after"), receipt.output],
    [say("console-verify-certificate"), receipt.certificate],
    [say("console-receipts-entry"), String(receipt.seq)],
  ];
  const terms = (rows, of) => el("dl", { class: "terms" }, ...rows.flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, el(of, {}, value))]));
  return el(
    "li",
    { class: "panel" },
    el("h3", {}, receipt.name ?? receipt.input.slice(0, 16)),
    terms(facts, "span"),
    el(
      "details",
      {},
      el("summary", {}, say("console-verify-experts")),
      el("p", { class: "hint" }, say("console-receipts-prompt")),
      el("p", { class: "prompt" }, receipt.prompt ?? say("console-receipts-no-prompt")),
      terms(digests, "code"),
    ),
  );
}

async function show(query, begun) {
  const { receipts: found, next } = await receipts(query);
  const rows = found.map(row);
  if (begun) list.append(...rows);
  else fill(list, ...(rows.length ? rows : [el("li", { class: "none" }, say(query.digest ? "console-receipts-unknown" : "console-receipts-none"))]));
  byId("all").hidden = !query.digest;
  byId("list-title").textContent = say(query.digest ? "console-receipts-found" : "console-receipts-all");
  const more = byId("more");
  more.hidden = next === null;
  more.onclick = async () => {
    const from = list.children.length;
    await told(() => show({ ...query, before: next }, true));
    list.children[from]?.querySelector("summary")?.focus();
  };
}

async function told(work) {
  try {
    await work();
  } catch (error) {
    list.removeAttribute("aria-busy");
    tell(error.message, "bad");
  }
}

dropZone(async ([file]) => {
  if (file.size > MAX_BYTES) throw new Error(say("console-receipts-too-large", { size: size(MAX_BYTES) }));
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", await file.arrayBuffer()));
  await show({ digest: Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("") });
  byId("list-title").focus();
});
byId("show-all").addEventListener("click", () => told(() => show({})));
told(() => show({}));
