// Calls to the daemon that served this page. The browser holds the cookie; no key and no PIN passes through here.

import { lang, say } from "./words.js";

/** What the daemon answered instead of what was asked: `code` for programs, `message` for people. */
export class Refused extends Error {
  constructor(status, code, message) {
    super(message);
    Object.assign(this, { status, code });
  }
}

/** The answer to a call; what is no answer is thrown as `Refused`. */
export async function call(method, path, { body, headers = {}, signal } = {}) {
  let answer;
  try {
    answer = await fetch(path, {
      method,
      body,
      signal,
      headers: { "Accept-Language": lang, ...headers },
      credentials: "same-origin",
      redirect: "error",
    });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refused(0, "unreachable", say("console-unreachable"));
  }
  if (answer.ok) return answer;
  const told = await answer.json().catch(() => ({}));
  throw new Refused(answer.status, told.error ?? "unknown", told.message ?? say("console-failed"));
}

export const json = async (...of) => (await call(...of)).json();

export const tokens = () => json("GET", "/v1/tokens");
export const certificates = () => json("GET", "/v1/certificates?usage=all");
export const preview = (id) => json("GET", `/v1/signings/${id}/preview`);
export const page = (id, n, p, signal) => json("GET", `/v1/signings/${id}/documents/${n}/pages/${p}`, { signal });
export const picture = async (address, signal) => (await call("GET", address, { signal })).blob();
export const signed = async (address) => (await call("GET", address)).blob();
/** As much time again, to read or to fetch. */
export const moreTime = async (id) => (await call("POST", `/v1/signings/${id}/time`)).json();
export const cancel = (id) => call("DELETE", `/v1/signings/${id}`);

/** How the signing stands, at the latest after `seconds`. */
export const wait = (id, seconds) => json("GET", `/v1/signings/${id}`, { headers: { Prefer: `wait=${seconds}` } });

export const confirm = (id, choice) =>
  json("POST", `/v1/signings/${id}/confirmation`, {
    body: JSON.stringify(choice),
    headers: { "Content-Type": "application/json" },
  });

/** Hands files over, with `passwords` by index; nothing is signed before the person says so on the next page. */
export function upload(files, passwords = new Map()) {
  const manifest = { documents: files.map((file) => ({ name: file.name })), start: "after_confirmation" };
  const form = new FormData();
  form.append("manifest", new Blob([JSON.stringify(manifest)], { type: "application/json" }));
  for (const [index, password] of passwords) form.append(`password-${index + 1}`, new Blob([password], { type: "text/plain" }), "password");
  for (const file of files) form.append("document", new Blob([file], { type: "application/pdf" }), "document.pdf");
  return json("POST", "/v1/signings", { body: form });
}

/** How a site's wish to be allowed stands, and where the page goes back to. */
export const pairingReturn = (id) => json("GET", `/v1/pairings/${id}/return`);

/** The seals kept on this machine; one more; one fewer; a name seal as it will look. */
export const seals = () => json("GET", "/v1/seals");
export const keepSeal = (seal) => json("POST", "/v1/seals", { body: JSON.stringify(seal), headers: { "Content-Type": "application/json" } });
export const forgetSeal = (id) => call("DELETE", `/v1/seals/${id}`);
export const nameSeal = async (words, shape) => (await call("GET", `/v1/name-seals?${new URLSearchParams({ words, shape })}`)).blob();

/** What was signed: `before` an entry of the audit log, or the file with this `digest`. */
export const receipts = (query) => json("GET", `/v1/receipts?${new URLSearchParams(query)}`);

/** The report of one PDF, and the pages that changed since its signatures. */
export const verify = (file) =>
  json("POST", "/v1/verify/view", { body: file, headers: { "Content-Type": "application/pdf" } });

/** The report of one PDF by a server, and which file it is of the contract whose certificate has this ID. */
export const verifyOf = (file, id) =>
  json("POST", id ? `/v1/verify?${new URLSearchParams({ certificate_id: id })}` : "/v1/verify", { body: file, headers: { "Content-Type": "application/pdf" } });

/** Calls `changed` at once and whenever one of the events `names` comes; rests while nobody looks at the page. */
export function watch(names, changed) {
  let source = null;
  const open = () => {
    if (source || document.hidden) return;
    source = new EventSource("/v1/events");
    for (const name of ["again", ...names]) source.addEventListener(name, changed);
    source.addEventListener("open", changed);
  };
  const close = () => {
    source?.close();
    source = null;
  };
  document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));
  window.addEventListener("pagehide", close);
  open();
}
