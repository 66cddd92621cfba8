// Calls of the staff's pages. The browser holds the cookie; whoever is not signed in any more is led to the page for it and back.

import { call } from "./api.js";
import { lang } from "./words.js";

const TYPE = { "Content-Type": "application/json" };

async function asked(method, path, options) {
  try {
    return await call(method, path, options);
  } catch (error) {
    if (error.status !== 401) throw error;
    location.assign(`/console/sign-in?lang=${lang}#${location.pathname}`);
    return new Promise(() => {});
  }
}

const get = async (path) => (await asked("GET", path)).json();
const said = (method, path, body, headers = {}) => asked(method, path, { body: JSON.stringify(body), headers: { ...TYPE, ...headers } });

export const session = () => get("/v1/session");
export const actFor = (section) => said("PUT", "/v1/session", { section });
export const signOut = () => asked("DELETE", "/v1/session");
export const signIn = (shown) => call("POST", "/v1/session", { body: JSON.stringify(shown), headers: TYPE });
export const invitation = async (secret) => (await call("POST", "/v1/invitation", { body: JSON.stringify({ invitation: secret }), headers: TYPE })).json();
export const enrol = (taken) => call("PUT", "/v1/invitation", { body: JSON.stringify(taken), headers: TYPE });

export const people = () => get("/v1/people");
export const addPerson = async (person) => (await said("POST", "/v1/people", person)).json();
export const changeRoles = (id, roles) => said("PUT", `/v1/people/${id}`, { roles });
export const revoke = (id) => asked("DELETE", `/v1/people/${id}`);
export const invite = async (id) => (await asked("POST", `/v1/people/${id}/invitation`)).json();

export const contracts = (query) => get(`/v1/contracts?${query}`);
export const contract = (id) => get(`/v1/contracts/${id}`);
export const make = async (title) => (await said("POST", "/v1/contracts", { title })).json();
export const events = (id) => get(`/v1/contracts/${id}/events`);
export const mails = (id) => get(`/v1/contracts/${id}/mails`);
export const page = (id, n, p) => get(`/v1/contracts/${id}/documents/${n}/pages/${p}`);
export const judged = (id, n) => get(`/v1/contracts/${id}/documents/${n}/verification`);
export const act = async (id, name, text) => (await said("POST", `/v1/contracts/${id}/${name}`, { text })).json();

/** Writes a draft anew, if nobody else did since `version`. */
export const change = async (id, version, draft) => (await said("PUT", `/v1/contracts/${id}`, draft, { "If-Match": `"${version}"` })).json();

/** Adds a PDF to a draft. */
export async function upload(id, file) {
  const query = new URLSearchParams({ name: file.name.replace(/\.pdf$/i, "") || "PDF", action: "sign" });
  const body = new Blob([file], { type: "application/pdf" });
  return (await asked("POST", `/v1/contracts/${id}/documents?${query}`, { body, headers: { "Content-Type": "application/pdf" } })).json();
}
