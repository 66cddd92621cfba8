// What the staff's pages share: who is signed in, for which section they act, one line that is read aloud.

import { byId, el, fill } from "./dom.js";
import { actFor, session, signOut } from "./office-api.js";
import { lang, say } from "./words.js";

/** Says what happened in the page's own line. */
export function tell(text, tone = "") {
  const status = byId("status");
  status.className = `status ${tone}`;
  status.textContent = text;
}

/** Does `work`; what goes wrong is said. */
export async function tried(work) {
  try {
    return await work();
  } catch (error) {
    tell(error.message, "bad");
    return undefined;
  }
}

const STATES = {
  draft: "console-state-draft",
  in_review: "console-state-in-review",
  sent: "console-state-sent",
  completing: "console-state-completing",
  concluded: "console-state-concluded",
  declined: "console-state-declined",
  expired: "console-state-expired",
  withdrawn: "console-state-withdrawn",
};

export const stateNames = Object.keys(STATES);
export const stateWord = (state) => say(STATES[state]);

const ROLES = {
  drafter: "console-role-drafter",
  approver: "console-role-approver",
  custodian: "console-role-custodian",
  auditor: "console-role-auditor",
  administrator: "console-role-administrator",
};

export const roleNames = Object.keys(ROLES);
export const roleWord = (role) => say(ROLES[role]);

const yen = new Intl.NumberFormat(lang, { style: "currency", currency: "JPY" });
/** `￥1,234,567`; a contract of unit prices has none. */
export const money = (amount) => (amount === null || amount === undefined ? "" : yen.format(amount));

/** Shows who is signed in; gives them. */
export async function begin() {
  const me = await session();
  byId("me-name").textContent = say("console-office-me", { name: me.name, section: me.section.name });
  byId("me").hidden = false;
  byId("way-people").hidden = !me.roles.includes("administrator");
  const option = ({ section }) => el("option", { value: section.id }, `${section.organisation} ${section.name}`);
  fill(byId("me-section"), ...me.sections.map(option));
  byId("me-section").value = me.section.id;
  byId("me-section-label").hidden = me.sections.length < 2;
  byId("me-section").addEventListener("change", ({ target }) =>
    tried(async () => {
      await actFor(target.value);
      location.assign(`/console?lang=${lang}`);
    }),
  );
  byId("sign-out").addEventListener("click", () =>
    tried(async () => {
      await signOut();
      location.assign(`/console/sign-in?lang=${lang}`);
    }),
  );
  return me;
}
