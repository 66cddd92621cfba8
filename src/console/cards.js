// The cards as they come and go.

import { tokens, watch } from "./api.js";
import { byId, el, fill } from "./dom.js";
import { number, say } from "./words.js";

function pin(card) {
  if (card.pin === "locked") return ["bad", say("console-pin-locked")];
  if (card.pin === "final") return ["bad", say("console-pin-final")];
  if (card.tries_left !== null) return ["", say("console-pin-tries", { count: number(card.tries_left) })];
  return card.pin === "low" ? ["warn", say("console-pin-low")] : ["", ""];
}

function row(card) {
  if (!card.present) {
    return el(
      "li",
      { class: "card empty" },
      el("span", { class: "card-chip", "aria-hidden": "true" }),
      el("div", {}, el("p", { class: "card-name" }, say("console-card-absent")), el("p", { class: "card-note" }, card.reader)),
    );
  }
  const [tone, told] = card.problem ? ["bad", card.problem.message] : pin(card);
  return el(
    "li",
    { class: "card" },
    el("span", { class: "card-chip", "aria-hidden": "true" }),
    el(
      "div",
      {},
      el("p", { class: "card-name" }, card.label || say("console-card-unnamed")),
      el("p", { class: "card-note" }, card.reader),
      told && el("p", { class: `card-state ${tone}` }, told),
      card.pinpad && el("p", { class: "card-state" }, say("console-pin-on-reader")),
    ),
  );
}

/** Fills `#cards` and keeps it as the readers are. */
export function showCards() {
  const list = byId("cards");
  const refresh = async () => {
    try {
      const cards = await tokens();
      fill(list, ...(cards.length ? cards.map(row) : [el("li", { class: "card none" }, say("console-no-reader"))]));
    } catch (error) {
      fill(list, el("li", { class: "card none" }, error.message));
    }
  };
  watch(["token"], refresh);
}
