// 別のソフトで署名: a party signer takes each document away, signs its prepared field with other software, and gives it back here.

import { byId, el, fill } from "./dom.js";
import { giveBack, partyAddress, partyFiles } from "./signer-api.js";
import { tell, tried } from "./office-frame.js";
import { say } from "./words.js";

/** Shows the files that `agreement` gives; `given` is called when all have come back. */
export async function signElsewhere(agreement, given) {
  const { documents } = await partyFiles(agreement);
  const left = new Set(documents.map(({ number }) => number));

  function row({ number: n, request }) {
    const mark = el("span", { class: "mark", id: `back-mark-${n}` }, say("console-signer-not-back"));
    const file = el("input", { type: "file", id: `back-${n}`, accept: "application/pdf,.pdf", "aria-describedby": `back-mark-${n}` });
    file.addEventListener("change", () =>
      tried(async () => {
        if (!file.files.length) return;
        tell(say("console-signer-giving"), "busy");
        await giveBack(n, file.files[0], agreement.session);
        left.delete(n);
        file.disabled = true;
        mark.textContent = say("console-signer-back-again");
        mark.classList.add("done");
        tell(say("console-signer-taken", { name: request.name }), "good");
        if (left.size === 0) given();
      }),
    );
    return el(
      "li",
      { class: "input-row" },
      el("a", { href: partyAddress(n), download: `${request.name}.pdf` }, say("console-signer-take-away", { name: request.name })),
      request.field && el("p", { class: "hint" }, say("console-field", { field: request.field })),
      el("div", { class: "input-head" }, el("label", { for: `back-${n}` }, say("console-signer-give-back", { name: request.name })), mark),
      file,
    );
  }

  fill(byId("files"), ...documents.map(row));
  byId("elsewhere").hidden = false;
  byId("elsewhere").focus();
}
