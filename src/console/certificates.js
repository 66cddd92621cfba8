// The certificates to choose from: those that fit first, the others with the reason.

import { certificates, watch } from "./api.js";
import { el, fill } from "./dom.js";
import { day, say } from "./words.js";

/** What stands for a certificate in a form. */
export const key = (certificate) => JSON.stringify(certificate.select);

/** One to choose, or why it cannot be. */
export function choice(certificate, chosen) {
  const name = certificate.name || say("console-name-after-pin");
  const facts = [
    certificate.organization,
    certificate.token_label,
    certificate.not_after && say("console-valid-until", { day: day(certificate.not_after) }),
  ];
  return el(
    "label",
    { class: `choice ${certificate.usable ? "" : "off"}` },
    el("input", {
      type: "radio",
      name: "certificate",
      value: key(certificate),
      disabled: !certificate.usable,
      checked: certificate.usable && key(certificate) === chosen,
      required: true,
    }),
    el(
      "span",
      { class: "choice-words" },
      el("span", { class: "choice-name" }, name),
      el("span", { class: "choice-facts" }, facts.filter(Boolean).join(say("console-separator"))),
      certificate.issuer && el("span", { class: "choice-facts" }, say("console-issued-by", { issuer: certificate.issuer })),
      ...certificate.reasons.map((reason) => el("span", { class: "choice-reason" }, reason.message)),
    ),
  );
}

/** Fills `parent` and keeps it as the cards are. Gives two functions: the chosen selector or `null`, and the chosen certificate. */
export function chooseCertificate(parent, asked) {
  let chosen = asked ? JSON.stringify(asked) : null;
  let known = [];
  parent.addEventListener("change", (event) => (chosen = event.target.value));
  const refresh = async () => {
    try {
      known = (await certificates()).sort((a, b) => Number(b.usable) - Number(a.usable));
      const usable = known.filter((certificate) => certificate.usable);
      if (usable.length === 1 && !asked) chosen = key(usable[0]);
      const none = known.length === 0 ? el("p", { class: "none" }, say("console-no-certificate")) : null;
      fill(parent, none, ...known.map((certificate) => choice(certificate, chosen)));
    } catch (error) {
      fill(parent, el("p", { class: "notice bad" }, error.message));
    }
  };
  watch(["token"], refresh);
  const current = () => known.find((certificate) => certificate.usable && key(certificate) === chosen) ?? null;
  return { selector: () => current()?.select ?? null, certificate: current };
}
