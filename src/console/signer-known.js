// How a signer becomes known: a code by mail, typed here.

import { byId } from "./dom.js";
import { confirmCode, keep, kept, sendCode } from "./signer-api.js";
import { tell, tried } from "./office-frame.js";
import { say } from "./words.js";

function show(isKnown) {
  byId("known-steps").hidden = isKnown;
  byId("known-done").hidden = !isKnown;
}

/** The session of whoever is known by now, or null. */
export const session = () => kept().session;

/** The server knows this session no more. */
export function unknown() {
  keep({ session: null });
  byId("code-form").hidden = true;
  show(false);
  byId("send-code").focus();
}

/** Offers the steps; `known` is called when they are done. */
export function identify(known) {
  byId("known").hidden = false;
  show(Boolean(session()));
  byId("send-code").addEventListener("click", () =>
    tried(async () => {
      await sendCode();
      tell(say("console-signer-code-sent"));
      byId("code-form").hidden = false;
      byId("code").focus();
    }),
  );
  byId("code-form").addEventListener("submit", (event) => {
    event.preventDefault();
    tried(async () => {
      keep({ session: await confirmCode(byId("code").value) });
      byId("code").value = "";
      show(true);
      tell(say("console-signer-known-done"), "good");
      known();
    });
  });
}
