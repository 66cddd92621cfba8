// The page at `/console/sign-in`: address, password, one-time code; then back to where the person wanted to go.

import { byId } from "./dom.js";
import { signIn } from "./office-api.js";
import { tell } from "./office-frame.js";
import { lang } from "./words.js";

/** Only pages of the console are gone to. */
function wanted() {
  const path = location.hash.slice(1);
  return /^\/console(\/[\w-]+)*$/.test(path) && path !== "/console/sign-in" ? path : "/console";
}

byId("sign-in").addEventListener("submit", async (event) => {
  event.preventDefault();
  byId("go").disabled = true;
  try {
    await signIn({ address: byId("address").value.trim(), password: byId("word").value, code: byId("code").value });
    location.assign(`${wanted()}?lang=${lang}`);
  } catch (error) {
    tell(error.message, "bad");
    byId("code").value = "";
    byId("go").disabled = false;
    byId("word").focus();
  }
});
