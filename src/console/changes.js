// What changed since a signature: in words, and each changed page before and after.

import { el, picture } from "./dom.js";
import { number, say } from "./words.js";

/** Elements that tell the changes of one signature. */
export function changes(report, pictures) {
  const list = alike(report.change_list).map(([change, count]) =>
    el("li", { class: change.allowed ? "tone-good" : "tone-bad" }, change.message, count > 1 && ` (×${number(count)})`),
  );
  const more = report.changes_left_out > 0 && el("p", { class: "hint" }, say("console-verify-more", { count: number(report.changes_left_out) }));
  return [
    el("h3", {}, say("console-verify-changes")),
    list.length > 0 ? el("ul", { class: "changes" }, ...list) : el("p", { class: "hint" }, say("console-verify-unchanged")),
    more,
    ...pictures.map(pair),
  ];
}

/** Changes that read alike, once with their number. */
function alike(list) {
  const found = new Map();
  for (const change of list) {
    const [first, count] = found.get(change.message) ?? [change, 0];
    found.set(change.message, [first, count + 1]);
  }
  return [...found.values()];
}

function pair(compared) {
  const page = number(compared.page);
  return el(
    "div",
    {},
    el("h4", {}, say("console-verify-page", { page })),
    compared.problem && el("p", { class: "notice warning" }, compared.problem.message),
    el(
      "div",
      { class: "compare" },
      sheet(compared.before, say("console-verify-before", { page })),
      sheet(compared.after, say("console-verify-after", { page }), compared.frame),
    ),
    words("words-removed", "console-verify-removed", compared.removed),
    words("words-added", "console-verify-added", compared.added),
  );
}

function sheet(base64, caption, frame) {
  if (!base64) return null;
  const image = picture(base64, { class: "sheet-picture", alt: caption });
  return el("figure", {}, el("figcaption", {}, caption), el("div", { class: "sheet-frame" }, image, frame && differs(frame)));
}

/** A frame around what differs; in hundredths of the picture. */
function differs([left, top, width, height]) {
  const frame = el("span", { class: "differs", "aria-hidden": "true" });
  const margin = 0.6;
  Object.assign(frame.style, {
    left: `${left - margin}%`,
    top: `${top - margin}%`,
    width: `${width + 2 * margin}%`,
    height: `${height + 2 * margin}%`,
  });
  return frame;
}

const words = (name, id, lines) => lines.length > 0 && el("p", { class: name }, say(id, { text: lines.join(" / ") }));
