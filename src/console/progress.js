// From the yes to the signed files: what happens now, in one line that is read aloud, and what came of it.

import { signed, wait } from "./api.js";
import { byId, el, fill } from "./dom.js";
import { giveBack } from "./return.js";
import { keepTime } from "./time.js";
import { number, say } from "./words.js";

const WAIT_SECONDS = 20;
const LINES = {
  queued: "console-state-queued",
  awaiting_pin: "console-state-pin",
  signing: "console-state-signing",
};

export function tell(text, tone = "") {
  const status = byId("status");
  status.className = `status ${tone}`;
  status.textContent = text;
}

function download(document) {
  const button = el("button", { type: "button", class: "primary download" }, say("console-download", { name: document.name }));
  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      const address = URL.createObjectURL(await signed(document.signed));
      el("a", { href: address, download: document.digest ? `${document.name}.p7s` : document.name.replace(/(\.pdf)?$/i, ".signed.pdf") }).click();
      setTimeout(() => URL.revokeObjectURL(address), 60_000);
    } catch (error) {
      tell(error.message, "bad");
    }
    button.disabled = false;
  });
  return el("li", {}, button);
}

const released = (view) => view.documents.filter((document) => document.signed);

/** Offers what was signed: all of it, or what was released before the signing ended early. */
function offer(view, returnUrl) {
  const result = byId("result");
  const documents = released(view);
  fill(
    result,
    el("h2", {}, say("console-done", { count: number(documents.length) })),
    el("p", { class: "hint" }, say("console-done-hint")),
    el("ul", { class: "downloads" }, ...documents.map(download)),
    el("p", {}, onward(view, returnUrl)),
  );
  result.hidden = false;
  result.focus();
}

/** The way on: a new start, or back to the site that sent the person here. */
function onward(view, returnUrl) {
  if (!returnUrl) return el("a", { href: "/" }, say("console-another"));
  const button = el("button", { type: "button", class: "primary", id: "return" }, say("console-return"));
  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      await giveBack(view, returnUrl);
    } catch (error) {
      tell(error.message, "bad");
      button.disabled = false;
    }
  });
  return button;
}

/** It failed or was cancelled; documents that were released before stay signed, and that must be said. */
function early(view, onEnd, returnUrl) {
  const count = number(released(view).length);
  const some = released(view).length > 0;
  if (view.state === "cancelled") {
    tell(some ? say("console-state-stopped", { count }) : say("console-state-cancelled"));
  } else {
    const why = view.error?.message ?? say("console-failed");
    tell(some ? `${why} ${say("console-signed-before", { count })}` : why, "bad");
  }
  if (!some) return ended(onEnd, view, returnUrl);
  onEnd();
  offer(view, returnUrl);
}

/** Nothing came of it; the way on is a new start. */
function ended(onEnd, view, returnUrl) {
  onEnd();
  const result = byId("result");
  fill(result, el("p", {}, onward(view, returnUrl)));
  result.hidden = false;
}

/** Follows a signing to its end; `onEnd` is called when it did not end well. What is done goes on to `returnUrl`, where there is one. */
export async function follow(id, onEnd, returnUrl) {
  for (let view = null; ; ) {
    try {
      view = await wait(id, view === null ? 0 : WAIT_SECONDS);
    } catch (error) {
      tell(error.message, "bad");
      return ended(onEnd);
    }
    // The choice made on this page is part of the number, so it is another one from here on.
    byId("check").textContent = view.check;
    keepTime(id, released(view).length > 0 || view.state === "awaiting_confirmation" ? view.seconds_left : null);
    if (view.state === "done") {
      tell(say("console-state-done"), "good");
      offer(view, returnUrl);
      if (returnUrl) byId("return").click();
      return;
    }
    if (view.state === "failed" || view.state === "cancelled") return early(view, onEnd, returnUrl);
    tell(say(LINES[view.state] ?? "console-state-queued", { check: view.check }), "busy");
  }
}
