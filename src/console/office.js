// The page at `/console`: the section's contracts, found by counterparty, date, amount and further keys; a new one.

import { byId, el, fill } from "./dom.js";
import { contracts, make } from "./office-api.js";
import { begin, money, stateNames, stateWord, tell, tried } from "./office-frame.js";
import { day, lang, say } from "./words.js";

const form = byId("search");
let next = null;

/** What is asked for; what is empty is left out. */
function query() {
  const given = [...new FormData(form)].map(([name, value]) => [name, value === "on" ? "true" : String(value).trim()]);
  return new URLSearchParams(given.filter(([, value]) => value));
}

function row(found) {
  const date = found.contract_date && day(`${found.contract_date}T00:00:00+09:00`);
  const facts = [found.number, found.counterparties.join("、"), date, money(found.amount)].filter(Boolean);
  return el(
    "li",
    {},
    el("div", { class: "row-head" }, el("a", { href: `/console/contracts/${found.id}?lang=${lang}` }, found.title), el("span", { class: "state" }, stateWord(found.state))),
    el("p", { class: "hint" }, facts.join(say("console-separator")) || say("console-office-nothing-yet")),
  );
}

async function show(more) {
  const asked = query();
  byId("csv").href = `/v1/contracts.csv?${asked}`;
  if (more) asked.set("cursor", next);
  const found = await contracts(asked);
  const rows = found.contracts.map(row);
  if (more) byId("found").append(...rows);
  else fill(byId("found"), ...(rows.length ? rows : [el("li", { class: "none" }, say("console-office-none"))]));
  next = found.next;
  byId("more").hidden = !next;
  tell("");
}

const me = await begin();
fill(byId("state"), el("option", { value: "" }, say("console-office-any")), ...stateNames.map((state) => el("option", { value: state }, stateWord(state))));
byId("new").hidden = !me.roles.includes("drafter");
form.addEventListener("submit", (event) => {
  event.preventDefault();
  tried(() => show(false));
});
// The form is empty only after the event.
form.addEventListener("reset", () => setTimeout(() => tried(() => show(false))));
byId("more").addEventListener("click", () => tried(() => show(true)));
byId("new").addEventListener("submit", (event) => {
  event.preventDefault();
  tried(async () => {
    const made = await make(byId("new-title").value);
    location.assign(`/console/contracts/${made.id}/edit?lang=${lang}`);
  });
});
await tried(() => show(false));
