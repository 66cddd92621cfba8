// A signer's page at `/s/{link}`: looked at, a code by mail, filled in, signed or refused. Nothing is told to the server before the person presses a button.

import { byId, el, fill } from "./dom.js";
import { tell, tried } from "./office-frame.js";
import { decline, disown, forget, open, sign, view } from "./signer-api.js";
import { counter, showDocuments } from "./signer-documents.js";
import { outcome } from "./signer-done.js";
import { signElsewhere } from "./signer-elsewhere.js";
import { askInputs } from "./signer-inputs.js";
import { identify, session, unknown } from "./signer-known.js";
import { day, say } from "./words.js";

const METHODS = { party: "console-signer-method-party", witness: "console-signer-method-witness" };

function head(seen) {
  byId("title").textContent = seen.title;
  document.title = `${seen.title} – ${say("console-signer-brand")}`;
  byId("asked").textContent = say("console-signer-asked", { sender: seen.sender, name: seen.name });
  const rows = [
    [say("console-signer-number"), seen.number],
    [say("console-signer-due"), seen.due && day(seen.due)],
    [say("console-signer-method"), say(METHODS[seen.method])],
  ].filter(([, value]) => value);
  fill(byId("terms"), ...rows.flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]));
  byId("terms").hidden = false;
  byId("message").textContent = seen.message;
  byId("message").hidden = !seen.message;
}

/** Whoever sees the request for the first time decides to open it. */
function begin() {
  byId("begin").hidden = false;
  byId("open").addEventListener("click", () =>
    tried(async () => {
      const seen = await open();
      byId("begin").hidden = true;
      tell("");
      work(seen);
      byId("main").focus();
    }),
  );
}

/** What was agreed to, or null where something is missing: that is said, and the focus goes there. */
function agreed(inputs) {
  const missing = inputs.missing();
  if (missing) {
    missing.control.focus();
    tell(missing.words, "bad");
    return null;
  }
  if (!session()) {
    tell(say("console-signer-identify-first"), "bad");
    byId(byId("code-form").hidden ? "send-code" : "code").focus();
    return null;
  }
  return { session: session(), ...inputs.agreement() };
}

async function finish(seen, agreement) {
  try {
    if (seen.method === "party") {
      await signElsewhere(agreement, () => outcome(seen, true));
    } else {
      outcome(await sign(agreement), true);
    }
  } catch (error) {
    if (error.code === "session_over") unknown();
    throw error;
  }
}

function work(seen) {
  let documents = null;
  const inputs = askInputs(seen, {
    go: (n, p, from) => documents.go(n, p, from),
    changed: () => documents.refresh(),
    counter: (n, p) => counter(seen, n, p),
  });
  documents = showDocuments(byId("documents"), seen, inputs);
  byId("to-sign").hidden = false;
  byId("go").textContent = say(seen.method === "party" ? "console-signer-elsewhere-go" : "console-signer-go");
  byId("form").hidden = false;
  identify(() => byId("form").querySelector("input, #go").focus());
  byId("form").addEventListener("submit", (event) => {
    event.preventDefault();
    const agreement = agreed(inputs);
    if (!agreement) return;
    byId("go").disabled = true;
    tell(say("console-signer-signing"), "busy");
    tried(() => finish(seen, agreement)).finally(() => (byId("go").disabled = false));
  });
}

function refusals() {
  byId("refusals").hidden = false;
  byId("decline").addEventListener("submit", (event) => {
    event.preventDefault();
    tried(async () => {
      const seen = await decline(byId("reason").value.trim());
      forget();
      byId("documents").hidden = true;
      outcome(seen);
    });
  });
  byId("disown").addEventListener("submit", (event) => {
    event.preventDefault();
    tried(async () => {
      await disown(byId("remark").value.trim());
      tell(say("console-signer-disowned"), "good");
      byId("sign").focus();
    });
  });
}

await tried(async () => {
  const seen = await view();
  head(seen);
  if (outcome(seen)) return;
  refusals();
  if (seen.turn === "opened") work(seen);
  else begin();
});
byId("main").dataset.ready = "true";
