// The part of a signer's page that signs with the person's own card (当事者型): what is to be signed comes from this page's server, hankod shows and signs
// it, and each signed file goes back. One PIN for one contract or for many (署名待ち). It draws nothing: whoever shows the page is told each state.
// A file that was signed and did not arrive is kept here and sent again without a new PIN; where another signer was first, nobody is asked for a PIN again
// before the person has looked.

import { Hankod, HankodError } from "./hankod.js";

/** What each state means for the person. */
export const STATES = {
  collecting: { ja: "署名する文書を準備しています。", en: "Preparing the documents." },
  queued: { ja: "hankod に文書を渡しました。", en: "hankod has the documents." },
  awaiting_confirmation: { ja: "hankod の画面で内容を確認してください。", en: "Look at the documents on hankod's page." },
  awaiting_pin: { ja: "hankod の画面で、暗証番号を入力してください。", en: "Type your PIN into hankod's window." },
  signing: { ja: "カードで署名しています。カードを抜かないでください。", en: "Your card is signing. Leave it in the reader." },
  sending: { ja: "署名した文書を送っています。", en: "Sending the signed documents." },
  done: { ja: "署名した文書を受け付けました。", en: "The signed documents have arrived." },
  open: { ja: "まだ署名していません。", en: "Not signed yet." },
  unsent: { ja: "署名は済みましたが、まだ届いていません。もう一度送ってください。", en: "Signed, but not arrived yet. Send it again." },
};

/** Codes after which the same signed file may be sent again. */
const PASSING = ["unreachable", "party_revocation_unknown"];

/** What a server refused, or did not answer: `code` is stable, the message is for people. */
class Refused extends Error {
  constructor(code, message) {
    super(message);
    Object.assign(this, { name: "Refused", code });
  }
}

export class PartySigner {
  #hankod;
  #lang;
  /** Signed files that have not arrived, by link and document. */
  #unsent = new Map();

  constructor({ hankod, lang = document.documentElement.lang || navigator.language } = {}) {
    this.#lang = lang.startsWith("en") ? "en" : "ja";
    this.#hankod = hankod ?? new Hankod({ lang: this.#lang });
  }

  /** The words of a state. */
  words(state) {
    return STATES[state][this.#lang];
  }

  /** How things stand with the person's hankod; `ask: true` on a click. */
  status(asked) {
    return this.#hankod.status(asked);
  }

  /** Has the person allow this site. */
  pair(onCode) {
    return this.#hankod.pair(onCode);
  }

  /** Certificates that can sign now. Which of them the contract permits is for hankod and the server to say. */
  certificates() {
    return this.#hankod.certificates();
  }

  /**
   * Signs the `requests`, each `{link, session, values, checked}`, with one PIN where one certificate may sign them all. Gives one outcome each, in their
   * order: `{link, state: "done" | "open" | "unsent" | "refused", code, message}`. Those that are `open` or `unsent` may be given here again.
   */
  async sign(requests, { certificate, signal } = {}, onState = () => {}) {
    const outcomes = new Map(requests.map(({ link }) => [link, { link, state: "open", code: null, message: this.words("open") }]));
    const put = (link, state, error) =>
      outcomes.set(link, { link, state, code: error?.code ?? null, message: error?.message ?? this.words(state) });
    const tell = (state, more = {}) => onState({ state, message: this.words(state), ...more });
    tell("collecting");
    const work = [];
    for (const request of requests) {
      try {
        await this.#again(request);
        work.push(...(await this.#collect(request)));
        if (!work.some(({ link }) => link === request.link)) put(request.link, "done");
      } catch (error) {
        put(request.link, this.#kept(request.link) ? "unsent" : "refused", error);
      }
    }
    const wanted = work.filter(({ link }) => outcomes.get(link).state === "open");
    for (const group of grouped(wanted)) {
      let failure = null;
      try {
        await this.#signAll(group, { certificate, signal }, tell);
      } catch (error) {
        failure = error;
      }
      tell("sending");
      for (const link of new Set(group.map((one) => one.link))) {
        const request = requests.find((one) => one.link === link);
        const missing = group.some((one) => one.link === link && !this.#unsent.has(key(one)));
        try {
          await this.#again(request);
          put(link, missing ? "open" : "done", missing ? failure : null);
        } catch (error) {
          put(link, PASSING.includes(error.code) ? "unsent" : "refused", error);
        }
      }
      // A card that is out, a PIN that was not given: the other groups would fail in the same way.
      if (failure) break;
    }
    const all = requests.map(({ link }) => outcomes.get(link));
    if (all.every(({ state }) => state === "done")) tell("done");
    return all;
  }

  /** What is still to be signed of one request: the very files, and how. */
  async #collect({ link, session, values = {}, checked = [] }) {
    const manifest = await this.#post(`/s/${link}/party`, { session, values, checked });
    const work = [];
    for (const { number, sha256, request } of manifest.documents) {
      const answer = await this.#call(`/s/${link}/documents/${number}`);
      const bytes = await answer.arrayBuffer();
      if ((await digest(bytes)) !== sha256) throw new Refused("document_moved_on", MOVED_ON[this.#lang]);
      work.push({ link, number, request, filters: manifest.filters, file: new File([bytes], request.name, { type: "application/pdf" }) });
    }
    return work;
  }

  /** Keeps every file that was signed, also where the work stopped in the middle. */
  async #signAll(group, { certificate, signal }, tell) {
    const { status, message } = await this.#hankod.status({ ask: true });
    if (status !== "ready") throw new HankodError(status, message[this.#lang]);
    const [{ filters }] = group;
    const sign = { certificate, level: "b-b", timestamp_room: true };
    // Of several rules one must hold, which is for the server to say.
    if (filters.length === 1) [sign.filter] = filters;
    const keep = (files, at) => files.forEach((file, index) => this.#unsent.set(key(at[index]), file));
    const options = { sign, signal, documents: group.map(({ request }) => request) };
    try {
      const signed = await this.#hankod.sign(group.map(({ file }) => file), options, ({ state, ...more }) => STATES[state] && state !== "done" && tell(state, more));
      keep(signed.files, group);
    } catch (error) {
      const there = (error.view?.documents ?? []).filter((document) => document.signed);
      if (there.length > 0) keep(await this.#hankod.results(error.view), there.map(({ n }) => group[n - 1]));
      throw error;
    }
  }

  /** Sends what was signed and has not arrived. */
  async #again({ link, session }) {
    for (const [at, file] of [...this.#unsent].filter(([at]) => at.startsWith(`${link}/`))) {
      try {
        const headers = { "Content-Type": "application/pdf", "Signer-Session": session };
        await this.#call(`/s/${link}/party/documents/${at.slice(link.length + 1)}`, { method: "POST", headers, body: await file.arrayBuffer() });
        this.#unsent.delete(at);
      } catch (error) {
        if (!PASSING.includes(error.code) && error.code !== "session_over") this.#unsent.delete(at);
        throw error;
      }
    }
  }

  #kept(link) {
    return [...this.#unsent.keys()].some((at) => at.startsWith(`${link}/`));
  }

  async #post(path, body) {
    const headers = { "Content-Type": "application/json" };
    return (await this.#call(path, { method: "POST", headers, body: JSON.stringify(body) })).json();
  }

  async #call(path, init = {}) {
    const headers = { "Accept-Language": this.#lang, ...init.headers };
    const answer = await fetch(path, { ...init, headers }).catch(() => {
      throw new Refused("unreachable", this.words("unsent"));
    });
    if (answer.ok) return answer;
    const told = await answer.json().catch(() => ({}));
    throw new Refused(told.error ?? "unknown", told.message ?? `HTTP ${answer.status}`);
  }
}

const MOVED_ON = {
  ja: "文書が新しくなりました。ページを読み込み直し、内容を確認してください。",
  en: "This document is newer now. Load the page again and look at it.",
};

const key = ({ link, number }) => `${link}/${number}`;

/** Those that one certificate is asked to sign under the same conditions stay together: one PIN. */
function grouped(work) {
  const groups = new Map();
  for (const one of work) {
    const name = JSON.stringify(one.filters);
    groups.set(name, [...(groups.get(name) ?? []), one]);
  }
  return [...groups.values()];
}

async function digest(bytes) {
  const sum = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(sum, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
