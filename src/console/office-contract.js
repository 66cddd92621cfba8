// The page at `/console/contracts/{id}`: what is agreed, who signs and how far they are, the documents page by page, each signature as our verifier judges it, what happened.

import { byId, el, fill } from "./dom.js";
import { acts } from "./office-acts.js";
import { contract, events, judged, mails, page } from "./office-api.js";
import { begin, money, stateWord, tell, tried } from "./office-frame.js";
import { signature, terms, verdict } from "./report.js";
import { allPages } from "./sheet.js";
import { day, lang, moment, number, say } from "./words.js";

const id = location.pathname.split("/")[3];
const japanDay = (date) => date && day(`${date}T00:00:00+09:00`);

const TURNS = {
  waiting: "console-turn-waiting",
  asked: "console-turn-asked",
  opened: "console-turn-opened",
  signed: "console-turn-signed",
  declined: "console-turn-declined",
};
const METHODS = { party: "console-method-party", witness: "console-method-witness" };
const ACTS = {
  change: "console-act-change",
  ask_review: "console-did-review",
  comment: "console-did-comment",
  approve: "console-did-approve",
  ask_correction: "console-did-correction",
  send: "console-did-send",
  open: "console-act-open",
  sign: "console-act-sign",
  sign_last: "console-act-sign",
  decline: "console-act-decline",
  forward: "console-act-forward",
  disown: "console-act-disown",
  bounce: "console-act-bounce",
  remind: "console-act-remind",
  ask_again: "console-act-ask-again",
  withdraw: "console-did-withdraw",
  expire: "console-act-expire",
  delay: "console-act-delay",
  conclude: "console-act-conclude",
};
const MAILS = { waiting: "console-mail-waiting", handing: "console-mail-waiting", sent: "console-mail-sent", failed: "console-mail-failed", unknown: "console-mail-unknown" };

function facts(seen) {
  const { sender, record } = seen;
  return [
    terms([
      [say("console-office-number"), seen.number],
      [say("console-contract-sender"), `${sender.organisation}${sender.section ?? ""}`],
      [say("console-contract-contact"), [sender.contact, sender.telephone].filter(Boolean).join(" ")],
      [say("console-office-counterparty"), record.counterparties.join("、")],
      [say("console-office-date"), japanDay(record.contract_date)],
      [say("console-office-amount"), money(record.amount)],
      [say("console-edit-due"), japanDay(seen.due)],
      [say("console-contract-concluded"), seen.concluded && moment(seen.concluded)],
      [say("console-contract-certificate"), seen.certificate_id],
      [say("console-edit-local-id"), record.local_id],
      [say("console-edit-note"), record.note],
      [say("console-edit-message"), seen.message],
    ]),
    seen.approved && el("p", { class: "notice" }, say("console-contract-approved")),
    seen.delay_reason && el("p", { class: "notice warning" }, say("console-contract-delayed", { reason: seen.delay_reason, next: moment(seen.next_try) })),
  ];
}

function signer(one) {
  const reach = one.reach.mail ?? one.reach.phone;
  const when = one.signed_at && say("console-contract-signed-at", { when: moment(one.signed_at), ip: one.signed_ip ?? "" });
  return el(
    "li",
    {},
    el("div", { class: "row-head" }, el("strong", {}, one.name), one.turn && el("span", { class: "state" }, say(TURNS[one.turn]))),
    el("p", { class: "hint" }, [one.organisation, one.post, reach, say(METHODS[one.method])].filter(Boolean).join(say("console-separator"))),
    when && el("p", {}, when),
    one.bounced && el("p", { class: "notice bad" }, say("console-contract-bounced", { address: reach })),
  );
}

/** Fills `panel` with what the verifier says of a document: who, when, certificate, timestamp, validity. */
async function judge(panel, seen, document) {
  fill(panel, el("p", { class: "status busy" }, say("console-contract-judging")));
  const { file, signers } = await judged(id, document.number);
  const whose = ({ field }) => {
    const found = seen.signers.find((one) => one.number === signers[field]);
    return found && say("console-contract-signature-of", { name: found.name, organisation: found.organisation ?? "" });
  };
  fill(panel, verdict(file, document.name, "h4"), ...file.signatures.map((report) => signature(report, [], whose(report), "h4")));
}

/** A comment that begins with the page that it is about; none where nobody may comment now. */
function commentOn(document, p) {
  const text = byId("text");
  if (!byId("acts").querySelector('[data-act="comment"]')) return null;
  const begin = () => {
    text.value = `${say("console-contract-page", { name: document.name, page: number(p) })} ${text.value}`;
    text.focus();
  };
  return el("button", { type: "button", class: "quiet", onclick: begin }, say("console-contract-comment-page", { page: number(p) }));
}

function documentPart(seen, document) {
  const count = document.pages.length;
  const facts = [say("console-pages", { count: number(count) }), say(document.action === "view" ? "console-edit-view" : "console-edit-sign")];
  const pages = el("div", { class: "sheets" });
  const shown = el("details", {}, el("summary", {}, say("console-contract-show")), pages);
  shown.addEventListener("toggle", () => {
    if (shown.open && !pages.hasChildNodes()) fill(pages, ...allPages({ name: document.name, count }, (p) => page(id, document.number, p), (p) => commentOn(document, p)));
  });
  const panel = el("div", { class: "judged", "aria-live": "polite" });
  const signed = ["signed", "completed"].includes(document.kind);
  return el(
    "article",
    { class: "document", "aria-label": document.name },
    el("h3", {}, document.name),
    el("p", { class: "document-facts" }, facts.join(say("console-separator"))),
    el(
      "div",
      { class: "actions-row" },
      el("a", { href: `/v1/contracts/${id}/documents/${document.number}`, download: `${document.name}.pdf` }, say("console-contract-download")),
      signed && el("button", { type: "button", class: "judge", onclick: () => tried(() => judge(panel, seen, document)) }, say("console-contract-judge")),
    ),
    panel,
    shown,
  );
}

/** What a concluded contract leaves in people's hands, and where anybody checks it. */
function papers(seen) {
  const paper = (kind, name, words, hint) =>
    el("li", {}, el("a", { href: `/v1/contracts/${id}/${kind}`, download: `${seen.number} ${name}` }, say(words)), el("p", { class: "hint" }, say(hint)));
  return [
    paper("certificate", "certificate.pdf", "console-contract-paper-certificate", "console-contract-paper-certificate-hint"),
    paper("print", "print.zip", "console-contract-paper-print", "console-contract-paper-print-hint"),
    paper("evidence", "evidence.zip", "console-contract-paper-evidence", "console-contract-paper-evidence-hint"),
    el("li", {}, el("a", { href: `/verify?lang=${lang}#${seen.certificate_id}` }, say("console-contract-paper-verifier")), el("p", { class: "hint" }, say("console-contract-paper-verifier-hint"))),
  ];
}

function happened(seen, event) {
  const about = seen.signers.find((one) => one.number === event.signer);
  const what = [say(ACTS[event.act]), about && about.name !== event.name && say("console-contract-about", { name: about.name })];
  return el(
    "li",
    {},
    el("div", { class: "row-head" }, el("strong", {}, what.filter(Boolean).join(" ")), el("span", { class: "hint" }, moment(event.at))),
    el("p", { class: "hint" }, [event.name, event.ip].filter(Boolean).join(say("console-separator"))),
    event.said && el("p", { class: "said" }, event.said),
  );
}

const mailed = (mail) =>
  el("li", {}, el("div", { class: "row-head" }, el("span", {}, mail.recipient), el("span", { class: "state" }, say(MAILS[mail.state]))), el("p", { class: "hint" }, moment(mail.updated), mail.reason && ` ${mail.reason}`));

/** Shows the contract as it is now. */
async function show(me) {
  const [seen, past, letters] = [await contract(id), await events(id), await mails(id)];
  const none = () => [el("li", { class: "none" }, say("console-contract-nothing"))];
  document.title = `${seen.title} – ${document.title.split(" – ").at(-1)}`;
  byId("title").textContent = seen.title;
  byId("state").textContent = stateWord(seen.state);
  fill(byId("facts"), ...facts(seen));
  byId("papers-panel").hidden = seen.state !== "concluded";
  fill(byId("papers"), ...(seen.state === "concluded" ? papers(seen) : []));
  fill(byId("signers"), ...(seen.signers.length ? seen.signers.map(signer) : none()));
  fill(byId("documents"), ...(seen.documents.length ? seen.documents.map((one) => documentPart(seen, one)) : [el("p", { class: "none" }, say("console-contract-no-documents"))]));
  fill(byId("events"), ...past.toReversed().map((event) => happened(seen, event)));
  fill(byId("mails"), ...(letters.length ? letters.map(mailed) : none()));
  acts(me, seen, () => show(me));
}

const me = await begin();
await tried(() => show(me));
