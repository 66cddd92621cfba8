// Time that runs out is said in time, and can be had again as often as one likes (WCAG 2.2.1).

import { moreTime } from "./api.js";
import { byId, el, fill } from "./dom.js";
import { say } from "./words.js";

/** When to speak up: a minute before the end, or half way where there is less. */
const NOTICE_SECONDS = 60;

let timer = null;

/** Says that the time of signing `id` ends, before it does; `seconds` are left, `null`: it has no end. */
export function keepTime(id, seconds) {
  clearTimeout(timer);
  fill(byId("time"));
  if (seconds === null) return;
  const notice = Math.min(NOTICE_SECONDS, seconds / 2);
  timer = setTimeout(() => offer(id), (seconds - notice) * 1000);
}

function offer(id) {
  const more = el("button", { type: "button", id: "more-time" }, say("console-time-more"));
  more.addEventListener("click", async () => {
    more.disabled = true;
    try {
      const { seconds_left } = await moreTime(id);
      keepTime(id, seconds_left);
      fill(byId("time"), el("p", { class: "notice" }, say("console-time-given")));
    } catch (error) {
      fill(byId("time"), el("p", { class: "notice bad" }, error.message));
    }
  });
  fill(byId("time"), el("div", { class: "notice warning time" }, el("span", {}, say("console-time-ends")), more));
}
