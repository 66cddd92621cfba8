// The page at `/seals`: the seals that the person keeps on this machine, and new ones.

import { forgetSeal, keepSeal, nameSeal, picture, seals } from "./api.js";
import { byId, el, fill } from "./dom.js";
import { tell } from "./progress.js";
import { base64 } from "./seal.js";
import { say } from "./words.js";

const [form, holder, shape, words, file, drawn] = ["new", "holder", "shape", "words", "picture", "drawn"].map(byId);
const isNamed = () => shape.value !== "picture";

async function image(address, alt) {
  const shown = el("img", { alt });
  shown.src = URL.createObjectURL(await picture(address));
  shown.addEventListener("load", () => URL.revokeObjectURL(shown.src), { once: true });
  return shown;
}

async function row(seal) {
  const name = say("console-seal-kept", { holder: seal.holder, words: seal.words ?? "" });
  const remove = el("button", { type: "button", class: "quiet", "aria-label": say("console-seals-remove-it", { name }) }, say("console-seals-remove"));
  remove.addEventListener("click", async () => {
    try {
      await forgetSeal(seal.id);
      tell(say("console-seals-removed", { name }));
      await show();
      byId("main").focus();
    } catch (error) {
      tell(error.message, "bad");
    }
  });
  return el("li", {}, await image(seal.picture, say("console-seals-look", { name })), el("span", { class: "kept-name" }, name), remove);
}

async function show() {
  const rows = await Promise.all((await seals()).map(row));
  fill(byId("kept"), ...(rows.length ? rows : [el("li", { class: "none" }, say("console-seals-none"))]));
}

/** Shows the name seal as it will look. */
async function draw() {
  byId("words-label").hidden = !isNamed();
  byId("picture-label").hidden = isNamed();
  const wanted = [shape.value, words.value.trim()].join();
  drawn.hidden = true;
  if (!isNamed() || !words.value.trim()) return;
  try {
    const blob = await nameSeal(words.value.trim(), shape.value);
    if (wanted !== [shape.value, words.value.trim()].join()) return;
    fill(drawn, el("img", { src: URL.createObjectURL(blob), alt: "" }));
    drawn.hidden = false;
    tell("");
  } catch (error) {
    tell(error.message, "bad");
  }
}

form.addEventListener("input", draw);
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const chosen = isNamed() ? words.value.trim() : file.files[0];
  if (!chosen) {
    (isNamed() ? words : file).focus();
    return tell(say(isNamed() ? "console-seal-needs-text" : "console-seal-needs-file"), "bad");
  }
  byId("keep").disabled = true;
  try {
    const mark = isNamed() ? { [shape.value]: chosen } : { picture: await base64(chosen) };
    await keepSeal({ certificate: null, holder: holder.value.trim(), mark });
    form.reset();
    await draw();
    await show();
    tell(say("console-seal-is-kept"), "good");
  } catch (error) {
    tell(error.message, "bad");
  }
  byId("keep").disabled = false;
});
show().catch((error) => {
  fill(byId("kept"));
  tell(error.message, "bad");
});
