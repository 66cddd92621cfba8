// The page at `/verify` of a server, for anybody: which file of a contract a PDF is, and what is to be thought of its signatures. The certificate's ID stands behind `#`
// in the address that the certificate of conclusion prints; the file goes to the server, which keeps nothing.

import { verifyOf } from "./api.js";
import { dropZone } from "./documents.js";
import { byId, el, fill } from "./dom.js";
import { mark, signature, verdict } from "./report.js";
import { lang, say } from "./words.js";

const [input, result, status] = [byId("certificate-id"), byId("result"), byId("status")];

const FILES = {
  concluded: { words: "console-verifier-concluded", why: "console-verifier-concluded-why", tone: "good" },
  certificate: { words: "console-verifier-certificate", why: "console-verifier-certificate-why", tone: "good" },
  attachment: { words: "console-verifier-attachment", why: "console-verifier-attachment-why", tone: "good" },
  unfinished: { words: "console-verifier-unfinished", why: "console-verifier-unfinished-why", tone: "open" },
  unknown: { words: "console-verifier-unknown", why: "console-verifier-unknown-why", tone: "bad" },
};

/** Whether the file belongs to the certificate. */
function belonging(kind, id) {
  const { words, why, tone } = FILES[kind];
  return el(
    "section",
    { class: `verdict tone-${tone}`, "data-file": kind },
    el("h2", { id: "belonging" }, mark(tone), say(words)),
    el("p", {}, say(why)),
    el("p", { class: "fingerprint" }, say("console-contract-certificate"), " ", el("code", {}, id)),
  );
}

/** The report in words for people who cannot tell this server whom to trust. */
function forGuests(report) {
  const open = ({ code }) => code === "no_anchors";
  const decisive = report.signatures.find((one) => one.verdict === report.verdict);
  const nobody = decisive?.findings.slice(0, 1).some(open);
  // Told once, for the signer's certificate and its timestamps' together.
  const findings = (list) => {
    const there = list.filter((finding, at) => !open(finding) || list.findIndex(open) === at);
    return there.map((finding) => (open(finding) ? { ...finding, message: say("console-verifier-no-authority") } : finding));
  };
  return {
    ...report,
    headline: nobody ? { [lang]: say("console-verifier-untrusted") } : report.headline,
    problems: findings(report.problems),
    signatures: report.signatures.map((one) => ({ ...one, findings: findings(one.findings) })),
  };
}

/** As it is typed from paper: in any width, with spaces, in capitals. */
const typed = () => input.value.normalize("NFKC").replace(/\s/g, "").toLowerCase();

/** What was said holds for no other ID; another language keeps this one. */
function changed() {
  for (const link of document.querySelectorAll(".languages a")) link.hash = typed();
  if (result.hidden) return;
  result.hidden = true;
  status.textContent = say("console-verifier-again");
}

function fromAddress() {
  input.value = location.hash.slice(1);
  changed();
}

addEventListener("hashchange", fromAddress);
input.addEventListener("input", changed);
fromAddress();

dropZone(async ([file]) => {
  result.hidden = true;
  const id = typed();
  const answer = await verifyOf(file, id);
  const report = forGuests(answer.files[0]);
  // A file that was never to be signed, and is the right one, has nothing else to be judged.
  const judged = answer.contract_file !== "attachment" || report.signatures.length > 0;
  fill(
    result,
    answer.contract_file ? belonging(answer.contract_file, id) : el("p", { class: "notice warning" }, say("console-verifier-without-id")),
    judged && verdict(report, file.name),
    ...report.signatures.map((one) => signature(one, [])),
  );
  result.hidden = false;
  result.focus();
});
