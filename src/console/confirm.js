// The page at `/confirm/{id}`: look at everything, then say yes or no.

import { cancel, confirm, preview } from "./api.js";
import { chooseCertificate } from "./certificates.js";
import { byId, el, fill } from "./dom.js";
import { showDocuments } from "./pages.js";
import { follow, tell } from "./progress.js";
import { chooseLook } from "./seal.js";
import { keepTime } from "./time.js";
import { number, say } from "./words.js";

const id = location.pathname.split("/").pop();
const form = byId("form");

const CERTIFIED = {
  "no-changes": "console-certify-no-changes",
  form: "console-certify-form",
  annotations: "console-certify-annotations",
};

/** What the signatures will say besides the name: reason, place, and what may change afterwards. */
function terms({ reason, location: place, certify }) {
  const rows = [
    ["console-reason", reason],
    ["console-location", place],
    ["console-certify", certify && say(CERTIFIED[certify])],
  ].filter(([, value]) => value);
  const list = byId("terms");
  fill(list, ...rows.flatMap(([id, value]) => [el("dt", {}, say(id)), el("dd", {}, value)]));
  list.hidden = rows.length === 0;
}

function over() {
  form.hidden = true;
}

function ask(shown, loading) {
  let certificate = null;
  const look = chooseLook(byId("look"), shown.documents, () => certificate?.certificate() ?? null);
  const begin = () => {
    certificate = chooseCertificate(byId("certificates"), shown.sign.certificate);
    byId("certificates").addEventListener("change", look.redraw);
    byId("arrived").hidden = true;
    form.hidden = false;
  };
  if (shown.by_form) {
    // Whoever made the browser come here has not met the person yet: until they go on, no card is looked at.
    byId("arrived").hidden = false;
    byId("arrived-go").addEventListener("click", begin, { once: true });
  } else {
    begin();
  }
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const select = certificate.selector();
    if (!select) return tell(say("console-choose-certificate"), "bad");
    if (look.lacksText()) {
      byId("seal-text").focus();
      return tell(say("console-seal-needs-text"), "bad");
    }
    byId("go").disabled = true;
    tell(say("console-state-queued"), "busy");
    try {
      const sign = { ...shown.sign, certificate: select };
      loading().stop();
      await confirm(id, { sign, appearances: look.appearances(), check: shown.check });
      over();
      await follow(id, over, shown.return_url);
    } catch (error) {
      loading().go();
      tell(error.message, "bad");
      byId("go").disabled = false;
    }
  });
  byId("stop").addEventListener("click", async () => {
    try {
      await cancel(id);
      await follow(id, over, shown.return_url);
    } catch (error) {
      tell(error.message, "bad");
    }
  });
  return look.shown;
}

async function main() {
  try {
    const shown = await preview(id);
    byId("asked").textContent = shown.origin
      ? say("console-asked-by", { origin: shown.origin, count: number(shown.documents.length) })
      : say("console-asked-by-you", { count: number(shown.documents.length) });
    terms(shown.sign);
    byId("check").textContent = shown.check;
    const waiting = shown.state === "awaiting_confirmation";
    keepTime(id, shown.seconds_left);
    let loading = null;
    const placed = waiting ? ask(shown, () => loading) : undefined;
    loading = showDocuments(byId("documents"), shown, placed);
    if (!waiting) await follow(id, over, shown.return_url);
  } catch (error) {
    fill(byId("documents"));
    tell(error.message, "bad");
  }
}

main();
