// The page at `/console/join#SECRET`: an invited person puts the secret into the telephone and chooses a password. The secret stays behind `#`: no server and no log sees it in an address.

import { byId, fill, picture } from "./dom.js";
import { enrol, invitation } from "./office-api.js";
import { tell } from "./office-frame.js";
import { lang, say } from "./words.js";

const secret = location.hash.slice(1);

// Another language keeps the invitation.
for (const link of document.querySelectorAll(".languages a")) link.hash = secret;

try {
  const invited = await invitation(secret);
  byId("welcome").textContent = say("console-join-welcome", { name: invited.name, address: invited.address });
  byId("secret").textContent = invited.secret.replace(/(.{4})/g, "$1 ").trim();
  byId("otpauth").href = invited.otpauth;
  fill(byId("qr"), picture(invited.qr, { class: "qr", alt: say("console-join-qr") }));
  byId("join").hidden = false;
} catch (error) {
  tell(error.message, "bad");
}

byId("join").addEventListener("submit", async (event) => {
  event.preventDefault();
  if (byId("word").value !== byId("again").value) {
    byId("again").focus();
    return tell(say("console-join-differ"), "bad");
  }
  byId("go").disabled = true;
  try {
    await enrol({ invitation: secret, password: byId("word").value, code: byId("code").value });
    location.assign(`/console?lang=${lang}`);
  } catch (error) {
    tell(error.message, "bad");
    byId("go").disabled = false;
    byId("code").focus();
  }
});
