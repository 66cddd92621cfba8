// What the verifier says of a file, for people: the verdict first, then each signature, the expert's words below.

import { changes } from "./changes.js";
import { el } from "./dom.js";
import { lang, moment, say } from "./words.js";

const TONES = { "TOTAL-PASSED": "good", INDETERMINATE: "open", "TOTAL-FAILED": "bad" };
const MARKS = { good: "✓", open: "?", bad: "×" };
const BADGES = { good: "console-verify-valid", open: "console-verify-open", bad: "console-verify-bad" };

/** The sign of a tone. */
export const mark = (tone) => el("span", { class: "tone-mark", "aria-hidden": "true" }, MARKS[tone]);

/** The first line: what it comes to, and after the colon why and what to do. */
export function verdict(file, name, heading = "h2") {
  const tone = TONES[file.verdict];
  const [, first, rest] = file.headline[lang].match(/^(.*?): (.*)$/s) ?? [null, file.headline[lang], ""];
  return el(
    "section",
    { class: `verdict tone-${tone}` },
    el(heading, { id: heading === "h2" ? "verdict" : null }, mark(tone), first),
    rest && el("p", {}, rest[0].toUpperCase() + rest.slice(1)),
    ...file.problems.filter(() => file.signatures.length > 0).map((problem) => el("p", { class: "hint" }, problem.message)),
    ...file.not_fetched.map((one) => el("p", { class: "hint" }, one.message)),
    el("p", { class: "document-facts" }, name),
    file.sha256 && el("p", { class: "fingerprint" }, say("console-fingerprint"), " ", el("code", {}, file.sha256)),
  );
}

/** Names and values; what is empty is left out. */
export function terms(rows) {
  const there = rows.filter(([, value]) => value);
  return el("dl", { class: "terms" }, ...there.flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]));
}

const subject = (signer) => signer && [signer.subject.CN, signer.subject.O].filter(Boolean).join(" / ");
const stamp = (timestamp) => `${moment(timestamp.time)} ${timestamp.tsa}`;
const etsi = (s) => [s.verdict, s.sub_indication, s.level].filter(Boolean).join(" / ");

/** One signature: who, when, the certificate, the timestamp, whether it is valid. `whose`: the person behind it, where that is known besides. */
export function signature(report, pictures, whose = null, heading = "h2") {
  const tone = TONES[report.verdict];
  const stamped = report.timestamps.map((timestamp) => [say("console-verify-timestamp"), stamp(timestamp)]);
  const told = (finding) => finding.code === "change_forbidden" && report.change_list.length > 0;
  return el(
    "section",
    { class: `panel signature tone-${tone}` },
    el(
      "div",
      { class: "signature-head" },
      el(heading, {}, whose ?? say(report.kind === "signature" ? "console-verify-signature" : "console-verify-stamp", { field: report.field })),
      el("span", { class: "badge" }, say(BADGES[tone])),
    ),
    terms([
      [say("console-verify-by"), subject(report.signer)],
      [say("console-verify-issuer"), report.signer?.issuer],
      [say("console-verify-proven"), report.best_signature_time && moment(report.best_signature_time)],
      [say("console-verify-claimed"), report.claimed_time && moment(report.claimed_time)],
      ...stamped,
    ]),
    ...report.findings.filter((finding) => !told(finding)).map((finding) => el("p", { class: "hint" }, finding.message)),
    ...changes(report, pictures),
    el(
      "details",
      {},
      el("summary", {}, say("console-verify-experts")),
      terms([
        [say("console-verify-etsi"), etsi(report)],
        [say("console-verify-serial"), report.signer?.serial],
        [say("console-verify-certificate"), report.signer?.sha256],
        [say("console-verify-algorithm"), [report.algorithm?.signature, report.algorithm?.digest].filter(Boolean).join(" / ")],
      ]),
    ),
  );
}
