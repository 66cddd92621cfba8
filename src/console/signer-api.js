// Calls of a signer's page. The link in its address is who asks; what was filled in and the session live as long as this tab.

import { call, json } from "./api.js";

/** What stands behind `/s/`. */
export const link = location.pathname.split("/")[2];
const at = (path) => `/s/${link}/${path}`;
const said = (act, body = {}) => call("POST", at(act), { body: JSON.stringify(body), headers: { "Content-Type": "application/json" } });
const answered = async (act, body) => (await said(act, body)).json();

export const view = () => json("GET", at("contract"));
export const page = (n, p) => json("GET", at(`documents/${n}/pages/${p}`));
export const open = () => answered("open");
export const sendCode = () => said("code");
export const confirmCode = async (code) => (await answered("confirm", { code })).session;
export const sign = (agreement) => answered("sign", agreement);
export const decline = (text) => answered("decline", { text });
export const disown = (text) => answered("disown", { text });
export const partyFiles = (agreement) => answered("party/files", agreement);
/** A document that other software signed. */
export const giveBack = (n, file, session) =>
  call("POST", at(`party/documents/${n}`), {
    body: new Blob([file], { type: "application/pdf" }),
    headers: { "Content-Type": "application/pdf", "Signer-Session": session },
  });

export const documentAddress = (n) => at(`documents/${n}`);
export const partyAddress = (n) => at(`party/documents/${n}`);
export const certificateAddress = at("certificate");

const PLACE = `hankod${location.pathname}`;

/** What this tab keeps, so that another language or a reload loses nothing: `{session, values, checked}`. */
export function kept() {
  const found = JSON.parse(sessionStorage.getItem(PLACE) ?? "{}");
  return { session: null, values: {}, checked: [], ...found };
}

export const keep = (more) => sessionStorage.setItem(PLACE, JSON.stringify({ ...kept(), ...more }));
export const forget = () => sessionStorage.removeItem(PLACE);
