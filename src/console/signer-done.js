// What became of a request: signatures being made, others still to sign, concluded, or ended; asked again until nothing can change any more.

import { byId, el, fill } from "./dom.js";
import { certificateAddress, documentAddress, forget, view } from "./signer-api.js";
import { tell } from "./office-frame.js";
import { say } from "./words.js";

const SOON_MS = 1_500;
const LATER_MS = 10_000;

const ENDED = {
  declined: "console-signer-declined",
  expired: "console-signer-expired",
  withdrawn: "console-signer-withdrawn",
};

/** Words, tone, and after how long to look again; null where nothing changes any more. */
function news({ state, turn, signing }) {
  if (ENDED[state]) return { words: ENDED[state], tone: "bad", again: null };
  if (state === "concluded") return { words: "console-signer-concluded", tone: "good", again: null };
  if (state === "completing") return { words: "console-signer-completing", tone: "good", again: SOON_MS };
  if (turn === "signed") return { words: "console-signer-signed", tone: "good", again: LATER_MS };
  if (signing) return { words: "console-signer-signing", tone: "busy", again: SOON_MS };
  return null;
}

const download = (href, name, words) => el("li", {}, el("a", { href, download: `${name}.pdf` }, words));

/** Files, for whoever has signed. */
function files(seen) {
  const documents = seen.documents.map(({ number, name }) => download(documentAddress(number), name, say("console-signer-download", { name })));
  const certificate = say("console-signer-certificate");
  return el("ul", { class: "items" }, ...documents, seen.state === "concluded" && download(certificateAddress, certificate, say("console-signer-download", { name: certificate })));
}

let told = "";

/** Shows what became of it; false while it is still this signer's turn to act. `waiting`: something is on its way that the server does not tell yet. */
export function outcome(seen, waiting = false) {
  const now = news(seen) ?? (waiting ? news({ signing: true }) : null);
  if (!now) return false;
  for (const id of ["begin", "known", "form", "elsewhere", "refusals", "to-sign"]) byId(id).hidden = true;
  // The same is not read aloud again and again.
  if (told !== now.words) {
    told = now.words;
    tell(say(now.words), now.tone);
    const signed = seen.turn === "signed";
    fill(byId("result"), el("h2", {}, say(signed ? "console-signer-papers" : "console-signer-result")), signed ? files(seen) : el("p", {}, say(now.words)));
    byId("result").hidden = now.tone === "busy";
    if (signed) {
      byId("documents").hidden = true;
      forget();
      byId("result").focus();
    } else {
      byId("sign").focus();
    }
  }
  if (now.again) setTimeout(() => again(waiting), now.again);
  return true;
}

async function again(waiting) {
  try {
    outcome(await view(), waiting);
  } catch (error) {
    tell(error.message, "bad");
    if (error.status === 0 || error.status >= 500) setTimeout(() => again(waiting), LATER_MS);
  }
}
