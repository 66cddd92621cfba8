// 当事者型 on a signer's page: the person's own hankod shows the documents and signs them with the card; this page allows it, lets choose, and tells.

import { choice, key } from "./certificates.js";
import { byId, fill } from "./dom.js";
import { tell } from "./office-frame.js";
import { link } from "./signer-api.js";
import { PartySigner } from "./signer-party.js";
import { lang, say } from "./words.js";

const signer = new PartySigner({ lang });

/** Whether the person's hankod is ready; it is asked to allow this site where it does not yet. */
async function ready() {
  let { status, message } = await signer.status({ ask: true });
  if (status === "not_paired") {
    const { left } = await signer.pair((code) => tell(say("console-signer-allow", { code }), "busy"));
    if (left) return false;
    ({ status, message } = await signer.status({ ask: true }));
  }
  if (status !== "ready") throw new Error(message[lang]);
  return true;
}

/** The one certificate that can sign, or the one that was chosen; null when the person has to choose first. */
async function chosen() {
  const usable = (await signer.certificates()).filter((one) => one.usable);
  if (usable.length === 0) throw new Error(say("console-no-certificate"));
  if (usable.length === 1) return usable[0].select;
  const marked = byId("certificates").querySelector(":checked")?.value;
  const found = usable.find((one) => key(one) === marked);
  if (found) return found.select;
  fill(byId("certificates"), ...usable.map((one) => choice(one, null)));
  byId("cards").hidden = false;
  byId("certificates").querySelector("input").focus();
  tell(say("console-choose-certificate"), "bad");
  return null;
}

/** Signs with the card what was agreed to; `given` is called when the signed documents have arrived. */
export async function signWithCard(agreement, given) {
  tell(say("console-signer-card-ready"), "busy");
  if (!(await ready())) return;
  const certificate = await chosen();
  if (!certificate) return;
  const [outcome] = await signer.sign([{ link, ...agreement }], { certificate }, ({ message }) => tell(message, "busy"));
  if (outcome.state !== "done") throw Object.assign(new Error(outcome.message), { code: outcome.code });
  given();
}
