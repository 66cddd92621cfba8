// The page at `/pairing/{id}`: a site asked by a form to be allowed. The person answers in hankod's own window; this page waits, and goes back to the site.

import { pairingReturn } from "./api.js";
import { byId } from "./dom.js";
import { tell } from "./progress.js";
import { say } from "./words.js";

const POLL_MS = 500;
const id = location.pathname.split("/").pop();

async function wait() {
  const { origin, code, location: back } = await pairingReturn(id);
  byId("asked").textContent = say("console-ask-asked", { origin });
  byId("check").textContent = code;
  if (!back) return setTimeout(step, POLL_MS);
  tell(say("console-ask-back"));
  location.replace(back);
}

const step = () => wait().catch((error) => tell(error.message, "bad"));
step();
