// The client for web pages of other sites: finds the person's own daemon, is allowed once, signs. Bundle it, or serve it from your own server:
// a page must not load scripts from a port that another user of the computer may hold, so the daemon refuses to be their source.

const API = "v1";
const FINAL = ["done", "failed", "cancelled"];
const PROBE_DEADLINE_MS = 3_000;
const POLL_MS = 400;
const STORED = "hankod";
const ASKED = "hankod-asked";
/** Ports that are asked at most: a browser opens few connections at once. */
const MAX_PORTS = 256;
const CLOSED_CHUNK_BYTES = 65_536;

/** What each status means for the person. */
export const MESSAGES = {
  ready: { ja: "署名の準備ができています。", en: "Ready to sign." },
  not_running: {
    ja: "hankod につながりません。hankod が動いているか確かめてください。動いているときは、このブラウザーが接続を止めています。",
    en: "hankod does not answer. Make sure that it is running; if it is, this browser stops the connection.",
  },
  permission_prompt: {
    ja: "この後、このサイトがこのパソコンのアプリに接続してよいか、ブラウザーがたずねます。「許可」を選んでください。",
    en: "The browser will ask whether this site may connect to apps on this computer. Choose to allow it.",
  },
  denied: {
    ja: "ブラウザーが、このパソコンのアプリへの接続を止めています。アドレスの左の印からサイトの設定を開いて許可するか、hankod の画面で署名してください。",
    en: "The browser stops this site from connecting to apps on this computer. Allow it in the site's settings beside the address, or sign on hankod's own page.",
  },
  unsupported: {
    ja: "このページでは署名できません。https のアドレスを、新しい版のブラウザーで開いてください。",
    en: "This page cannot sign. Open its https address in a current browser.",
  },
  too_old: { ja: "hankod の版が古いため、署名できません。新しい版に入れ替えてください。", en: "This version of hankod is too old. Update it." },
  not_paired: { ja: "このサイトは、まだ許可されていません。", en: "This site is not allowed yet." },
  no_card: { ja: "カードがありません。カードをリーダーに置いてください。", en: "There is no card. Put your card on the reader." },
};

/**
 * Ports of the accounts `first` to `last` of a terminal server, where hankod's `port-per-user.conf` gives each account 20000 and its number: account 1000
 * has port 21000. For `new Hankod({ ports })`.
 */
export function portsOfAccounts(first, last) {
  if (!(first >= 1_000 && last <= 9_999 && first <= last && last - first < MAX_PORTS)) {
    throw new RangeError(`accounts are 1000 to 9999, at most ${MAX_PORTS} of them`);
  }
  return Array.from({ length: last - first + 1 }, (_, n) => 20_000 + first + n);
}

/** What went wrong: `code` is stable, the message is for people. */
export class HankodError extends Error {
  constructor(code, message, view) {
    super(message);
    Object.assign(this, { name: "HankodError", code, view });
  }
}

export class Hankod {
  #ports;
  #storage;
  #lang;
  #found = null;

  constructor({ ports = [10805], storage = globalThis.localStorage, lang = document.documentElement.lang || navigator.language } = {}) {
    if (ports.length > MAX_PORTS) throw new RangeError(`at most ${MAX_PORTS} ports`);
    this.#ports = ports;
    this.#storage = storage;
    this.#lang = lang.startsWith("en") ? "en" : "ja";
    this.#takeAnswer();
  }

  /** How things stand, and whether this site has a key here. Never makes the browser ask: `ask: true`, on a click, does. */
  async status({ ask = false } = {}) {
    const status = await this.#stand(ask);
    return { status, paired: status !== "not_paired" && this.#stored() !== null, message: MESSAGES[status] };
  }

  /**
   * Asks the person to allow this site; `onCode` gets the six digits that hankod's own window shows too. Where the browser lets no script through, the page
   * is left for hankod's own (`left: true`), and comes back allowed; `byForm` as for `sign`.
   */
  async pair(onCode = () => {}, { byForm = false } = {}) {
    if (byForm || (await this.#permission()) === "denied") return this.#leaveToAsk();
    let refusal = null;
    for (const { port } of await this.#daemons()) {
      let asked;
      try {
        asked = await this.#json(port, "/v1/pairings", { method: "POST", headers: { "Content-Type": "application/json" }, body: "{}" });
      } catch (error) {
        // On a shared computer the first port may be a colleague's.
        refusal = error;
        continue;
      }
      onCode(asked.code);
      while (asked.state === "pending") {
        await later(POLL_MS);
        asked = await this.#json(port, `/v1/pairings/${asked.id}`);
      }
      if (asked.state !== "allowed") throw this.#error("not_paired");
      this.#storage.setItem(STORED, JSON.stringify({ key: asked.key, port }));
      this.#found = port;
      return { left: false };
    }
    throw refusal ?? this.#error(await this.#stand(true));
  }

  /** Readers and cards. */
  tokens() {
    return this.#asked("/v1/tokens");
  }

  /** Certificates that can sign now; with `"all"` also the others and why not. */
  certificates(usage = "signing") {
    return this.#asked(`/v1/certificates?usage=${usage}`);
  }

  /**
   * Has the `chosen` files signed with one PIN and gives the signed ones, in order. Where the browser lets no script through, the page is left for hankod's
   * own (`left: true` is the last that it hears), and the files come to `returnUrl` by a form. `authorise` has the site's own server sign the request; `byForm`
   * leaves in any case, for browsers that refuse without saying so (Safari).
   */
  async sign(chosen, { sign = {}, documents = [], seal, start, returnUrl, signal, authorise, byForm = false } = {}, onProgress = () => {}) {
    const files = [...chosen];
    const manifest = { sign, documents: files.map((file, n) => ({ name: file.name, ...documents[n] })) };
    if (start) manifest.start = start;
    const leaves = byForm || (await this.#permission()) === "denied";
    const back = leaves && returnUrl ? new URL(returnUrl, location.href).href : undefined;
    const form = await filled(manifest, { authorise, target: leaves ? "POST /confirm" : "POST /v1/signings", returnUrl: back });
    if (seal) form.append("seal", new File([seal], "seal", { type: seal.type === "image/svg+xml" ? seal.type : "image/png" }));
    for (const file of files) form.append("document", new File([file], "document.pdf", { type: "application/pdf" }));
    if (!leaves) return this.#signed(form, signal, onProgress);
    const stored = this.#stored();
    if (!stored) throw this.#error("not_paired");
    leave(`${this.#base(stored.port)}/confirm`, await closed(form, stored));
    return { left: true };
  }

  /**
   * Has digests of documents that stay with the site signed, with one PIN: `{ name, digest: { algorithm, value, format } }` each. Gives a CMS signature
   * (.p7s) for each, in order. Only for sites that the administrator let do so, and only where the browser lets scripts through.
   */
  async signDigests(documents, { sign = {}, start, signal, authorise } = {}, onProgress = () => {}) {
    if ((await this.#permission()) === "denied") throw this.#error("denied");
    const manifest = { sign, documents: [...documents] };
    if (start) manifest.start = start;
    return this.#signed(await filled(manifest, { authorise, target: "POST /v1/signings" }), signal, onProgress);
  }

  /** The signed files of a signing: of a whole one, or of the `view` that an error brings when the work stopped in the middle. */
  async results(view) {
    const files = [];
    for (const { name, digest, signed } of view.documents.filter((document) => document.signed)) {
      const bytes = await (await this.#call(await this.#own(), signed, { headers: this.#bearer() })).blob();
      const [saved, type] = digest ? [`${name}.p7s`, "application/pkcs7-signature"] : [name.replace(/(\.pdf)?$/i, ".signed.pdf"), "application/pdf"];
      files.push(new File([bytes], saved, { type }));
    }
    return files;
  }

  async #signed(form, signal, onProgress) {
    let view = await this.#asked("/v1/signings", { method: "POST", body: form, signal });
    const address = `/v1/signings/${view.id}`;
    const stop = () => this.#asked(address, { method: "DELETE" }).catch(() => {});
    signal?.addEventListener("abort", stop, { once: true });
    for (let told = ""; ; await later(POLL_MS)) {
      view = await this.#asked(address);
      const signed = view.documents.filter((document) => document.signed).length;
      const progress = { state: view.state, check: view.check, confirm: this.#base(this.#found) + view.confirm, signed, of: view.documents.length };
      if (told !== JSON.stringify(progress)) onProgress(progress);
      told = JSON.stringify(progress);
      if (FINAL.includes(view.state)) break;
    }
    signal?.removeEventListener("abort", stop);
    if (view.state !== "done") throw new HankodError(view.error?.code ?? view.state, view.error?.message ?? view.state, view);
    return { left: false, files: await this.results(view) };
  }

  /** Leaves the page to ask for permission; hankod's page comes back to this very address. */
  #leaveToAsk() {
    const port = this.#stored()?.port ?? this.#ports[0];
    const state = crypto.randomUUID();
    sessionStorage.setItem(ASKED, JSON.stringify({ state, port }));
    const query = new URLSearchParams({ return_url: location.href.split("#")[0], state });
    leave(`${this.#base(port)}/pairing?${query}`);
    return { left: true };
  }

  /** The answer to that, where this page asked; nobody else's link brings a key. */
  #takeAnswer() {
    const [, state, key] = /^#hankod=([\w-]+)\.([\w-]*)$/.exec(globalThis.location?.hash ?? "") ?? [];
    if (!state) return;
    history.replaceState(history.state, "", location.href.split("#")[0]);
    const asked = JSON.parse(sessionStorage.getItem(ASKED) ?? "null");
    sessionStorage.removeItem(ASKED);
    if (key && asked?.state === state) this.#storage.setItem(STORED, JSON.stringify({ key, port: asked.port }));
  }

  async #stand(ask) {
    if (!globalThis.isSecureContext || !globalThis.crypto?.subtle) return "unsupported";
    const permission = await this.#permission();
    if (permission === "denied") return "denied";
    if (permission === "prompt" && !ask) return "permission_prompt";
    const there = await this.#daemons();
    if (there.length === 0) return (await this.#permission()) === "denied" ? "denied" : "not_running";
    if (there.every(({ api }) => !api?.includes(API))) return "too_old";
    try {
      return (await this.tokens()).some(({ present }) => present) ? "ready" : "no_card";
    } catch (error) {
      if (error instanceof HankodError && error.code !== "unreachable") return "not_paired";
      throw error;
    }
  }

  /** What the browser lets a script of this page do: `granted`, `prompt`, `denied`. */
  async #permission() {
    // A page of this computer itself is let through; so is every page where the browser knows no such permission.
    if (/^(localhost|127\.0\.0\.1|\[::1\])$/.test(location.hostname)) return "granted";
    for (const name of ["loopback-network", "local-network-access"]) {
      try {
        return (await navigator.permissions.query({ name })).state;
      } catch {
        // An older name, or none.
      }
    }
    return "granted";
  }

  /** Every hankod that answers. */
  async #daemons() {
    const look = async (port) => {
      try {
        const health = await this.#json(port, "/health", { signal: AbortSignal.timeout(PROBE_DEADLINE_MS) });
        return health.name === "hankod" ? [{ port, api: health.api }] : [];
      } catch {
        return [];
      }
    };
    return (await Promise.all(this.#places().map(look))).flat();
  }

  /** Where a hankod may be: the one that gave out our key first. */
  #places() {
    return [...new Set([this.#stored()?.port ?? this.#ports[0], ...this.#ports])];
  }

  /** The port of the daemon that gave out our key: it alone can prove that. */
  async #own() {
    const stored = this.#stored();
    if (!stored) throw this.#error("not_paired");
    if (this.#found) return this.#found;
    let answered = false;
    for (const port of this.#places()) {
      const nonce = crypto.randomUUID();
      try {
        const { proofs = [] } = await this.#json(port, `/health?nonce=${nonce}`, { signal: AbortSignal.timeout(PROBE_DEADLINE_MS) });
        const mac = await hmac(stored.key, `${nonce}\0${location.origin}\0${port}`);
        answered = true;
        if (proofs.some((proof) => proof.hmac === mac)) return (this.#found = port);
      } catch (error) {
        if (!(error instanceof HankodError)) throw error;
      }
    }
    throw this.#error(answered ? "not_paired" : "not_running");
  }

  async #asked(path, init = {}) {
    const port = await this.#own();
    const answer = await this.#call(port, path, { ...init, headers: { ...init.headers, ...this.#bearer() } });
    return answer.status === 204 ? null : answer.json();
  }

  async #json(...of) {
    return (await this.#call(...of)).json();
  }

  async #call(port, path, init = {}) {
    const headers = { "Accept-Language": this.#lang, ...init.headers };
    let answer;
    try {
      answer = await fetch(this.#base(port) + path, { ...init, headers, targetAddressSpace: "loopback", credentials: "omit" });
    } catch (error) {
      if (init.signal?.aborted && error.name === "AbortError") throw error;
      // Whoever takes the port next proves itself first.
      this.#found = null;
      throw new HankodError("unreachable", MESSAGES.not_running[this.#lang]);
    }
    if (answer.ok) return answer;
    const told = await answer.json().catch(() => ({}));
    throw new HankodError(told.error ?? "unknown", told.message ?? `HTTP ${answer.status}`);
  }

  #base(port) {
    return `http://127.0.0.1:${port}`;
  }

  #bearer() {
    return { Authorization: `Bearer ${this.#stored()?.key}` };
  }

  #stored() {
    return JSON.parse(this.#storage.getItem(STORED) ?? "null");
  }

  #error(status) {
    return new HankodError(status, MESSAGES[status][this.#lang]);
  }
}

const later = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function hmac(key, text) {
  const bytes = (words) => new TextEncoder().encode(words);
  const imported = await crypto.subtle.importKey("raw", bytes(key), { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  const mac = new Uint8Array(await crypto.subtle.sign("HMAC", imported, bytes(text)));
  return Array.from(mac, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The form's first parts, in the order that hankod reads them. */
async function filled(manifest, { authorise, target, returnUrl }) {
  const form = new FormData();
  const text = JSON.stringify(manifest);
  form.append("manifest", new File([text], "manifest.json", { type: "application/json" }));
  if (returnUrl) form.append("return_url", returnUrl);
  const says = await authorise?.({ target, origin: location.origin, manifest: text, returnUrl });
  if (says) form.append("backend", new File([JSON.stringify(says)], "backend.json", { type: "application/json" }));
  return form;
}

/** The form as one part that only the daemon can open that gave us the key, at its port: whoever else listens there gets nothing. */
async function closed(form, { key, port }) {
  const body = await new Response(form).blob();
  const bytes = (words) => new TextEncoder().encode(words);
  const salt = crypto.getRandomValues(new Uint8Array(32));
  const imported = await crypto.subtle.importKey("raw", bytes(key), "HKDF", false, ["deriveKey"]);
  const derivation = { name: "HKDF", hash: "SHA-256", salt, info: bytes(`hankod-form-1\0${location.origin}\0${port}`) };
  const aes = await crypto.subtle.deriveKey(derivation, imported, { name: "AES-GCM", length: 256 }, false, ["encrypt"]);
  const parts = [Uint8Array.of(1), salt];
  for (let n = 0; n * CLOSED_CHUNK_BYTES < body.size; n++) {
    const [from, to] = [n * CLOSED_CHUNK_BYTES, (n + 1) * CLOSED_CHUNK_BYTES];
    const iv = new Uint8Array(12);
    new DataView(iv.buffer).setUint32(7, n);
    iv[11] = to >= body.size ? 1 : 0;
    const chunk = await body.slice(from, to).arrayBuffer();
    // As a Blob it need not stay in memory.
    parts.push(new Blob([await crypto.subtle.encrypt({ name: "AES-GCM", iv }, aes, chunk)]));
  }
  return new File(parts, "closed", { type: "application/octet-stream" });
}

/** Goes to hankod's page by a form, with `file` if there is one: the one way that needs no permission of the browser. */
function leave(action, file) {
  // Without it the browser would not say which site asks.
  if (!document.querySelector('meta[name="referrer"]')) {
    document.head.append(Object.assign(document.createElement("meta"), { name: "referrer", content: "origin" }));
  }
  const form = Object.assign(document.createElement("form"), { method: "post", enctype: "multipart/form-data", action, hidden: true });
  if (file) {
    const list = new DataTransfer();
    list.items.add(file);
    form.append(Object.assign(document.createElement("input"), { type: "file", name: "closed", files: list.files }));
  } else {
    // No body at all.
    form.enctype = "application/x-www-form-urlencoded";
  }
  document.body.append(form);
  form.submit();
}
