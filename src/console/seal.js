// Invisible, or a seal at a place on a page: which one, and where it stands.

import { keepSeal, nameSeal, picture, seals } from "./api.js";
import { el, fill } from "./dom.js";
import { sealPicture } from "./pages.js";
import { inside, keyed, pointed } from "./place.js";
import { lang, say } from "./words.js";

/** Side of a seal in points: about 21 mm, as a company's round seal. */
const SIDE = 60;
const MARGIN = 36;
const MM_PER_POINT = 25.4 / 72;

const percent = (value, of) => `${(100 * value) / of}%`;

const CORNERS = [
  ["bottom-right", "console-corner-bottom-right"],
  ["top-right", "console-corner-top-right"],
  ["bottom-left", "console-corner-bottom-left"],
  ["top-left", "console-corner-top-left"],
];

function cornerOf(name, [width, height]) {
  return [name.endsWith("right") ? width - MARGIN - SIDE : MARGIN, name.startsWith("top") ? height - MARGIN - SIDE : MARGIN, SIDE, SIDE];
}

const mm = (points) => new Intl.NumberFormat(lang, { maximumFractionDigits: 1 }).format(points * MM_PER_POINT);

/** Fills `parent` with the choice; `documents` are those of the preview, `signer()` is the chosen certificate. */
export function chooseLook(parent, documents, signer) {
  const asked = documents.map((document) => document.appearance);
  const state = { visible: asked.some(Boolean), places: new Map(), frames: new Map(), kept: [], url: null };
  const name = el("input", { type: "text", id: "seal-text", maxlength: "25", autocomplete: "off" });
  const kind = el("select", { id: "seal-kind" });
  const corner = el("select", { id: "seal-corner" }, ...CORNERS.map(([value, id]) => el("option", { value }, say(id))));
  const pages = el("input", { type: "number", id: "seal-page", min: "1", value: "1", inputmode: "numeric" });
  const file = el("input", { type: "file", id: "seal-file", accept: "image/png,image/svg+xml,.png,.svg" });
  const keep = el("button", { type: "button", id: "seal-keep" }, say("console-seal-keep"));
  const words = el("label", { for: "seal-text" }, say("console-seal-text"), name);
  const said = el("p", { class: "hint", id: "seal-said", role: "status", "aria-live": "polite" });
  const fields = el(
    "div",
    { class: "seal-fields" },
    el("label", { for: "seal-kind" }, say("console-seal-which"), kind),
    words,
    el("label", { for: "seal-page" }, say("console-seal-page"), pages),
    el("label", { for: "seal-corner" }, say("console-seal-place"), corner),
    el("p", { class: "hint" }, say("console-seal-hint")),
    said,
    keep,
    el("label", { for: "seal-file" }, say("console-seal-file"), file),
  );
  const radio = (value, id, hint) =>
    el(
      "label",
      { class: "choice" },
      el("input", { type: "radio", name: "look", value, checked: (value === "seal") === state.visible }),
      el("span", { class: "choice-words" }, el("span", { class: "choice-name" }, say(id)), el("span", { class: "choice-facts" }, say(hint))),
    );
  fill(
    parent,
    radio("invisible", "console-look-invisible", "console-look-invisible-hint"),
    radio("seal", "console-look-seal", "console-look-seal-hint"),
    fields,
  );

  const holder = () => signer()?.name ?? "";
  const certificate = () => signer()?.select.sha256 ?? null;
  const text = () => name.value.trim() || holder();
  const isNamed = () => kind.value === "round" || kind.value === "square";
  const pageOf = (document) => Math.min(Math.max(Number(pages.value) || 1, 1), document.pages ?? 1);
  const placeOf = (n, size) => inside(state.places.get(n) ?? cornerOf(corner.value, size), size);
  const seal = () => (isNamed() ? { [kind.value]: text() } : { kept: kind.value });

  /** The seals that fit the chosen certificate, and the name seals that can be made. */
  function offer() {
    const fits = state.kept.filter((kept) => kept.certificate === null || kept.certificate === certificate());
    const before = kind.value;
    const option = (value, label) => el("option", { value }, label);
    fill(
      kind,
      ...fits.map((kept) => option(kept.id, say("console-seal-kept", { holder: kept.holder, words: kept.words ?? "" }))),
      option("round", say("console-seal-round")),
      option("square", say("console-seal-square")),
    );
    kind.value = [...kind.options].some(({ value }) => value === before) ? before : kind.options[0].value;
  }

  async function load() {
    state.kept = await seals();
    offer();
    await look();
  }

  /** Fetches the picture of the seal as it will look, and draws it on its page. */
  async function look() {
    words.hidden = !isNamed();
    keep.hidden = !isNamed();
    draw();
    if (!state.visible) return;
    const [asks, shown] = [JSON.stringify(seal()), isNamed() ? text() : kind.value];
    try {
      if (!shown) return;
      const blob = isNamed() ? await nameSeal(shown, kind.value) : await picture(state.kept.find(({ id }) => id === shown).picture);
      if (asks !== JSON.stringify(seal())) return;
      URL.revokeObjectURL(state.url);
      state.url = URL.createObjectURL(blob);
      said.textContent = "";
    } catch (error) {
      state.url = null;
      said.textContent = error.message;
    }
    draw();
  }

  function draw() {
    fields.hidden = !state.visible;
    for (const { frame } of state.frames.values()) frame.querySelector(".seal-mark")?.remove();
    if (!state.visible) return;
    for (const document of documents) {
      const asks = document.appearance;
      const shown = state.frames.get(`${document.n}/${asks ? asks.page : pageOf(document)}`);
      if (shown) shown.frame.append(asks ? fixed(document, shown.size) : mark(document.n, shown));
    }
  }

  function put(box, [x, y, width, height], size) {
    Object.assign(box.style, { left: percent(x, size[0]), bottom: percent(y, size[1]), width: percent(width, size[0]), height: percent(height, size[1]) });
    return box;
  }

  /** The seal as the site asked for it, where and how it will stand; it is not the person's to move. */
  function fixed({ appearance, seal }, size) {
    const inner = seal ? sealPicture(seal) : (appearance.seal.name ?? appearance.seal.round ?? appearance.seal.square);
    return put(el("div", { class: "seal-mark fixed" }, inner), appearance.rect, size);
  }

  function mark(n, { size }) {
    const rect = placeOf(n, size);
    const inner = state.url ? el("img", { src: state.url, alt: "", draggable: "false" }) : text() || "印";
    const label = say("console-seal-move", { words: (isNamed() ? text() : kind.selectedOptions[0]?.textContent) || "印" });
    const button = el("button", { type: "button", class: "seal-mark", "aria-label": label, "aria-describedby": "seal-said" }, inner);
    button.addEventListener("keydown", (event) => {
      const next = keyed(event, rect);
      if (!next) return;
      event.preventDefault();
      place(n, inside(next, size), size);
      state.frames.get(`${n}/${pageOf(documents[n - 1])}`)?.frame.querySelector(".seal-mark")?.focus();
    });
    return put(button, rect, size);
  }

  /** Puts the seal there, and says where that is. */
  function place(n, rect, size, quiet) {
    state.places.set(n, rect);
    draw();
    if (quiet) return;
    const [left, bottom, width, height] = rect.map(mm);
    said.textContent = say("console-seal-said", { left, bottom, width, height });
  }

  /** A page has its picture: it may carry the seal from now on. */
  function shown({ document: n, page, size, frame }) {
    state.frames.set(`${n}/${page}`, { size, frame });
    const here = () => pageOf(documents[n - 1]) === page;
    pointed(frame, size, {
      ready: () => state.visible && !asked[n - 1],
      rect: () => (here() ? placeOf(n, size) : null),
      usual: () => (state.places.get(n) ?? [0, 0, SIDE, SIDE]).slice(2),
      placed: (rect, done) => {
        pages.value = String(page);
        place(n, rect, size, !done);
      },
    });
    draw();
  }

  async function kept(mark) {
    try {
      const { id } = await keepSeal({ certificate: certificate(), holder: holder() || text(), mark });
      state.kept = await seals();
      offer();
      kind.value = id;
      await look();
      said.textContent = say("console-seal-is-kept");
    } catch (error) {
      said.textContent = error.message;
    }
  }

  keep.addEventListener("click", () => text() && kept({ [kind.value]: text() }));
  file.addEventListener("change", async () => {
    const [chosen] = file.files;
    if (chosen) await kept({ picture: await base64(chosen) });
    file.value = "";
  });
  parent.addEventListener("input", (event) => {
    if (event.target.name === "look") state.visible = event.target.value === "seal";
    if (event.target === corner || event.target === pages) state.places.clear();
    if ([name, kind].includes(event.target) || event.target.name === "look") look();
    else draw();
  });
  draw();
  load().catch((error) => (said.textContent = error.message));
  // A number cannot carry a seal.
  parent.closest("fieldset").hidden = documents.some((document) => document.digest);

  /** One appearance a document, `null` where the signature is invisible. A page not looked at yet is taken as A4. */
  function appearances() {
    return documents.map((document, index) => {
      if (!state.visible) return null;
      if (asked[index]) return asked[index];
      const page = pageOf(document);
      const size = state.frames.get(`${document.n}/${page}`)?.size ?? [595, 842];
      return { seal: seal(), page, rect: placeOf(document.n, size) };
    });
  }
  /** A name seal needs words: those typed, or the name on the certificate where it can be read. */
  const lacksText = () => state.visible && !asked.every(Boolean) && isNamed() && !text();
  /** Another certificate was chosen. */
  const redraw = () => {
    offer();
    look();
  };
  return { shown, appearances, lacksText, redraw };
}

/** A file's bytes in Base64. */
export function base64(blob) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.addEventListener("load", () => resolve(reader.result.slice(reader.result.indexOf(",") + 1)));
    reader.addEventListener("error", () => reject(reader.error));
    reader.readAsDataURL(blob);
  });
}
