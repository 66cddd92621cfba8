// A signer's page at `/s/{link}`: looked at, a code by mail, filled in, signed or refused. Nothing is told to the server before the person presses a button.

import { byId, el, fill } from "./dom.js";
import { tell, tried } from "./office-frame.js";
import { decline, disown, forget, open, sign, view } from "./signer-api.js";
import { counter, showDocuments } from "./signer-documents.js";
import { signWithCard } from "./signer-card.js";
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

/** Does what the person agreed to, once at a time. */
async function finish(inputs, way) {
  const agreement = agreed(inputs);
  if (!agreement) return;
  for (const id of ["go", "other"]) byId(id).disabled = true;
  await tried(async () => {
    try {
      await way(agreement);
    } catch (error) {
      if (error.code === "session_over") unknown();
      throw error;
    }
  });
  for (const id of ["go", "other"]) byId(id).disabled = false;
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
  const party = seen.method === "party";
  byId("go").textContent = say(party ? "console-signer-card-go" : "console-signer-go");
  byId("other").hidden = !party;
  byId("form").hidden = false;
  identify(() => byId("form").querySelector("input, #go").focus());
  const arrived = () => outcome(seen, true);
  const byMail = async (agreement) => {
    tell(say("console-signer-signing"), "busy");
    outcome(await sign(agreement), true);
  };
  byId("form").addEventListener("submit", (event) => {
    event.preventDefault();
    finish(inputs, party ? (agreement) => signWithCard(agreement, arrived) : byMail);
  });
  byId("other").addEventListener("click", () => finish(inputs, (agreement) => signElsewhere(agreement, arrived)));
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
