// Every page of every document, as picture and as text side by side; fetched when it comes near the screen.

import { page, picture } from "./api.js";
import { el, fill } from "./dom.js";
import { number, say, size } from "./words.js";

const warning = (said) => el("p", { class: "notice warning" }, said.message);

function sheet(id, document, p, shown) {
  const frame = el("div", { class: "sheet-frame", "aria-busy": "true" });
  const text = el("div", { class: "sheet-text", tabindex: "0", role: "region", "aria-label": say("console-page-text", { name: document.name, page: number(p) }) });
  const notes = el("div", { class: "sheet-notes" });
  const figure = el(
    "figure",
    { class: "sheet", id: `d${document.n}-p${p}` },
    el("figcaption", {}, say("console-page-of", { page: number(p), pages: number(document.pages) })),
    notes,
    el("div", { class: "sheet-pair" }, frame, text),
  );
  const load = async (signal) => {
    try {
      const facts = await page(id, document.n, p, signal);
      const image = el("img", { class: "sheet-picture", alt: say("console-page-picture", { name: document.name, page: number(p) }) });
      image.src = URL.createObjectURL(await picture(facts.picture, signal));
      image.addEventListener("load", () => URL.revokeObjectURL(image.src), { once: true });
      fill(frame, image);
      fill(text, facts.text.trim() ? el("p", {}, facts.text) : el("p", { class: "none" }, say("console-no-text")));
      fill(notes, ...facts.warnings.map(warning));
      shown?.({ document: document.n, page: p, size: facts.size, frame });
    } catch (error) {
      if (error.name === "AbortError") return;
      fill(frame, el("p", { class: "notice bad" }, error.message));
      fill(notes, el("p", { class: "notice bad" }, say("console-page-unseen")));
    }
  };
  return { figure, load };
}

const seals = new Map();

/** The picture that the site sent as its seal. Fetched by script, as the daemon demands, and once a document. */
export function sealPicture(address) {
  const image = el("img", { alt: say("console-seal-picture") });
  if (!seals.has(address)) seals.set(address, picture(address).then((blob) => URL.createObjectURL(blob)));
  seals.get(address).then(
    (url) => (image.src = url),
    (error) => image.replaceWith(el("span", { class: "bad" }, error.message)),
  );
  return image;
}

/** The seal that the site asked for: on which page, and its words or picture. */
function asked({ appearance, seal }) {
  const line = el("p", { class: "seal-asked" }, say("console-seal-asked", { page: number(appearance.page) }), " ");
  const words = appearance.seal.name ?? appearance.seal.round ?? appearance.seal.square;
  if (words) line.append(el("strong", {}, words));
  if (seal) line.append(sealPicture(seal));
  return line;
}

/** What the signature writes into the document's fields. */
function filled(fields) {
  const rows = fields.flatMap(({ label, text }) => [el("dt", {}, label), el("dd", {}, text === "on" ? say("console-ticked") : text)]);
  return el("section", { class: "filled" }, el("h3", {}, say("console-filled")), el("dl", { class: "terms" }, ...rows));
}

function block(id, document, observer, shown) {
  const facts = [
    document.digest ? null : size(document.bytes),
    document.pages === null ? null : say("console-pages", { count: number(document.pages) }),
    document.signatures ? say("console-signatures", { count: number(document.signatures) }) : null,
  ];
  const sheets = Array.from({ length: document.pages ?? 0 }, (_, index) => {
    const made = sheet(id, document, index + 1, shown);
    observer.loads.set(made.figure, made.load);
    observer.observe(made.figure);
    return made.figure;
  });
  return el(
    "article",
    { class: "document", "aria-labelledby": `d${document.n}` },
    el("h2", { id: `d${document.n}`, class: "document-name" }, document.name),
    el("p", { class: "document-facts" }, facts.filter(Boolean).join(say("console-separator"))),
    document.field && el("p", { class: "document-facts" }, say("console-field", { field: document.field })),
    document.appearance && asked(document),
    document.fields && filled(document.fields),
    ...document.warnings.map(warning),
    ...sheets,
    el(
      "details",
      { class: "fingerprint" },
      el("summary", {}, say("console-fingerprint")),
      el("code", {}, document.digest?.value ?? document.sha256),
    ),
  );
}

/**
 * Fills `parent` with the documents of a preview; `shown` is told of each page that has its picture. Gives two functions: `stop` ends the loading, because once
 * the signing has begun there is nothing more to look at, and `go` takes it up again.
 */
export function showDocuments(parent, preview, shown) {
  let ending = new AbortController();
  const observer = new IntersectionObserver(
    (entries) => {
      for (const { isIntersecting, target } of entries) {
        if (!isIntersecting) continue;
        observer.unobserve(target);
        const { signal } = ending;
        observer.loads.get(target)(signal).then(() => signal.aborted || observer.loads.delete(target));
      }
    },
    { rootMargin: "600px 0px" },
  );
  observer.loads = new Map();
  fill(parent, ...preview.documents.map((document) => block(preview.id, document, observer, shown)));
  const stop = () => {
    observer.disconnect();
    ending.abort();
  };
  const go = () => {
    ending = new AbortController();
    for (const target of observer.loads.keys()) observer.observe(target);
  };
  return { stop, go };
}
