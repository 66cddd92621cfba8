// The page at `/console/people`: an administrator says who may do what in the section.

import { byId, el, fill } from "./dom.js";
import { addPerson, changeRoles, invite, people, revoke } from "./office-api.js";
import { begin, roleNames, roleWord, tell, tried } from "./office-frame.js";
import { say } from "./words.js";

const STATES = {
  enrolled: "console-people-enrolled",
  invited: "console-people-waiting",
  lapsed: "console-people-lapsed",
};

const me = await begin();

/** Boxes for the roles; `chosen` are ticked. */
function boxes(prefix, chosen) {
  const box = (role) =>
    el(
      "label",
      { class: "tick", for: `${prefix}-${role}` },
      el("input", { type: "checkbox", id: `${prefix}-${role}`, value: role, checked: chosen.includes(role) }),
      ` ${roleWord(role)}`,
    );
  return roleNames.map(box);
}

const ticked = (parent) => [...parent.querySelectorAll("input:checked")].map(({ value }) => value);

function told(address) {
  byId("invitation").textContent = address;
  byId("invited").hidden = false;
  byId("invited").focus();
}

function row(person) {
  const here = person.sections.find(({ section }) => section.id === me.section.id);
  const roles = el("fieldset", { class: "ticks" }, el("legend", {}, say("console-people-roles-of", { name: person.name })), ...boxes(person.id, here?.roles ?? []));
  const button = (id, work) => el("button", { type: "button", class: "quiet", "aria-label": say("console-people-about", { what: say(id), name: person.name }), onclick: () => tried(work) }, say(id));
  const done = async (id) => {
    tell(say(id, { name: person.name }), "good");
    await show();
    byId("main").focus();
  };
  return el(
    "li",
    {},
    el("div", { class: "row-head" }, el("strong", {}, person.name), el("span", { class: "state" }, say(STATES[person.state]))),
    el("p", { class: "hint" }, person.address),
    roles,
    el(
      "div",
      { class: "actions-row" },
      button("console-people-save", async () => {
        await changeRoles(person.id, ticked(roles));
        await done("console-people-saved");
      }),
      button("console-people-again", async () => told((await invite(person.id)).invitation)),
      person.id !== me.id &&
        button("console-people-revoke", async () => {
          await revoke(person.id);
          await done("console-people-revoked");
        }),
    ),
  );
}

async function show() {
  fill(byId("people"), ...(await people()).map(row));
}

byId("roles").append(...boxes("new", ["drafter"]));
byId("new").addEventListener("submit", (event) => {
  event.preventDefault();
  tried(async () => {
    const person = { name: byId("name").value, address: byId("address").value, roles: ticked(byId("roles")) };
    const added = await addPerson(person);
    byId("new").reset();
    tell(say("console-people-added", { name: added.person.name }), "good");
    await show();
    if (added.invitation) told(added.invitation);
  });
});
await tried(show);
