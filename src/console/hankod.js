// The client for web pages of other sites: finds the person's own daemon, is allowed once, signs. Bundle it, or serve it from your own server:
// a page must not load scripts from a port that another user of the computer may hold, so the daemon refuses to be their source.

const API = "v1";
const FINAL = ["done", "failed", "cancelled"];
const PROBE_DEADLINE_MS = 3_000;
const POLL_MS = 400;
const STORED = "hankod";

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
    this.#ports = ports;
    this.#storage = storage;
    this.#lang = lang.startsWith("en") ? "en" : "ja";
  }

  /** How things stand. Never makes the browser ask: `ask: true`, on a click, does. */
  async status({ ask = false } = {}) {
    const status = await this.#stand(ask);
    return { status, message: MESSAGES[status] };
  }

  /** Asks the person to allow this site; `onCode` gets the six digits that hankod's own window shows too. */
  async pair(onCode = () => {}) {
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
      return;
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
   * own (`left: true` is the last that it hears), and the files come to `returnUrl` by a form.
   */
  async sign(chosen, { sign = {}, documents = [], seal, start, returnUrl, signal } = {}, onProgress = () => {}) {
    const files = [...chosen];
    const manifest = { sign, documents: files.map((file, n) => ({ name: file.name, ...documents[n] })) };
    if (start) manifest.start = start;
    if ((await this.#permission()) === "denied") {
      leave(this.#stored()?.port ?? this.#ports[0], manifest, files, seal, returnUrl);
      return { left: true };
    }
    const form = filled(new FormData(), manifest, files, seal);
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

  /** The signed files of a signing: of a whole one, or of the `view` that an error brings when the work stopped in the middle. */
  async results(view) {
    const files = [];
    for (const { name, signed } of view.documents.filter((document) => document.signed)) {
      const bytes = await (await this.#call(await this.#own(), signed, { headers: this.#bearer() })).blob();
      files.push(new File([bytes], name.replace(/(\.pdf)?$/i, ".signed.pdf"), { type: "application/pdf" }));
    }
    return files;
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
    return (await Promise.all(this.#ports.map(look))).flat();
  }

  /** The port of the daemon that gave out our key: it alone can prove that. */
  async #own() {
    const stored = this.#stored();
    if (!stored) throw this.#error("not_paired");
    if (this.#found) return this.#found;
    const ports = [stored.port, ...this.#ports.filter((port) => port !== stored.port)];
    let answered = false;
    for (const port of ports) {
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

/** The parts in the order that hankod reads them. */
function filled(form, manifest, files, seal, returnUrl) {
  form.append("manifest", new File([JSON.stringify(manifest)], "manifest.json", { type: "application/json" }));
  if (returnUrl) form.append("return_url", new URL(returnUrl, location.href).href);
  if (seal) form.append("seal", new File([seal], "seal", { type: seal.type === "image/svg+xml" ? seal.type : "image/png" }));
  for (const file of files) form.append("document", new File([file], "document.pdf", { type: "application/pdf" }));
  return form;
}

/** Goes to hankod's page with the documents, as a form: the one way that needs no permission of the browser. */
function leave(port, manifest, files, seal, returnUrl) {
  // Without it the browser would not say which site asks.
  if (!document.querySelector('meta[name="referrer"]')) {
    document.head.append(Object.assign(document.createElement("meta"), { name: "referrer", content: "origin" }));
  }
  const form = Object.assign(document.createElement("form"), {
    method: "post",
    enctype: "multipart/form-data",
    action: `http://127.0.0.1:${port}/confirm`,
    hidden: true,
  });
  for (const [name, value] of filled(new FormData(), manifest, files, seal, returnUrl)) {
    const field = Object.assign(document.createElement("input"), { name });
    if (value instanceof File) {
      const list = new DataTransfer();
      list.items.add(value);
      field.type = "file";
      field.files = list.files;
    } else {
      field.value = value;
    }
    form.append(field);
  }
  document.body.append(form);
  form.submit();
}
