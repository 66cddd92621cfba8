// What the person may do to a contract in its state: buttons with one text for comment or reason; what cannot be taken back is asked once more.

import { byId, el, fill } from "./dom.js";
import { act } from "./office-api.js";
import { tell, tried } from "./office-frame.js";
import { lang, say } from "./words.js";

/** Name in the address, words, states, roles, what is said when it is done, and for some what is asked before. */
const ACTS = [
  { name: "send", words: "console-act-send", states: ["draft", "in_review"], roles: ["drafter"], done: "console-done-send", sure: "console-sure-send", primary: true },
  { name: "review", words: "console-act-ask-review", states: ["draft"], roles: ["drafter"], done: "console-done-review" },
  { name: "approve", words: "console-act-approve", states: ["in_review"], roles: ["approver"], done: "console-done-approve", primary: true },
  { name: "comment", words: "console-act-comment", states: ["in_review"], roles: ["drafter", "approver"], done: "console-done-comment", text: true },
  { name: "correction", words: "console-act-ask-correction", states: ["in_review"], roles: ["drafter", "approver"], done: "console-done-correction" },
  { name: "withdraw", words: "console-act-withdraw", states: ["draft", "in_review", "sent"], roles: ["drafter"], done: "console-done-withdraw", sure: "console-sure-withdraw" },
];

/** Whether the person means it. */
function sure(words) {
  const dialog = byId("sure");
  byId("sure-words").textContent = words;
  dialog.returnValue = "no";
  dialog.showModal();
  return new Promise((resolve) => dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true }));
}

/** Offers what `me` may do to the contract; `again` shows it anew. */
export function acts(me, seen, again) {
  const may = ({ states, roles }) => states.includes(seen.state) && roles.some((role) => me.roles.includes(role));
  const offered = ACTS.filter(may);
  const text = el("textarea", { id: "text", rows: "2", maxlength: "2000" });
  const button = (one) => {
    const done = async () => {
      if (one.text && !text.value.trim()) {
        text.focus();
        return tell(say("console-act-needs-text"), "bad");
      }
      if (one.sure && !(await sure(say(one.sure, { title: seen.title })))) return undefined;
      tell(say("console-contract-working"), "busy");
      await act(seen.id, one.name, text.value.trim());
      await again();
      tell(say(one.done), "good");
      return byId("main").focus();
    };
    return el("button", { type: "button", class: one.primary && "primary", "data-act": one.name, onclick: () => tried(done) }, say(one.words));
  };
  const edits = seen.state === "draft" && me.roles.includes("drafter");
  byId("acts-panel").hidden = offered.length === 0;
  fill(
    byId("acts"),
    el("label", { for: "text" }, say("console-act-text"), text),
    el("div", { class: "actions-row" }, edits && el("a", { class: "button", href: `/console/contracts/${seen.id}/edit?lang=${lang}` }, say("console-act-edit")), ...offered.map(button)),
  );
}
