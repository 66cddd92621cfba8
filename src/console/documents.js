// Taking PDFs over: by the file dialog, by drag and drop, by keyboard. They go to the daemon that served the page and nowhere else.

import { cancel, preview, upload } from "./api.js";
import { byId } from "./dom.js";
import { lang, number, say } from "./words.js";

const isPdf = (file) => file.type === "application/pdf" || /\.pdf$/i.test(file.name);

/** The documents that do not open without a password, or not with the one that was given. */
async function closed(signing) {
  const seen = await preview(signing.id);
  const code = (document) => document.warnings.map((warning) => warning.code).find((c) => c.startsWith("pdf_password_"));
  return seen.documents
    .map((document, index) => ({ index, name: document.name, code: code(document) }))
    .filter((document) => document.code);
}

/** Asks for one document's password; `null` when the person does not give it. It is kept by this page alone, and only until the file is handed over. */
function askPassword({ name, code }) {
  const [dialog, form, text] = [byId("password"), byId("password-form"), byId("password-text")];
  byId("password-for").textContent = say(code === "pdf_password_wrong" ? "console-password-wrong" : "console-password-for", { name });
  return new Promise((resolve) => {
    let given = null;
    form.onsubmit = () => (given = text.value);
    byId("password-cancel").onclick = () => dialog.close();
    dialog.onclose = () => {
      text.value = "";
      resolve(given);
    };
    dialog.showModal();
  });
}

/** Hands the files over, with the passwords of those that have one; `null` when the person gave up. */
async function handOver(files) {
  const passwords = new Map();
  for (;;) {
    const signing = await upload(files, passwords);
    const locked = await closed(signing);
    if (locked.length === 0) return signing;
    await cancel(signing.id);
    for (const document of locked) {
      const password = await askPassword(document);
      if (password === null) return null;
      passwords.set(document.index, password);
    }
  }
}

/** After the upload the browser goes on to the page where the documents are looked at. */
export function takeDocuments() {
  dropZone(async (files) => {
    const signing = await handOver(files);
    if (!signing) return false;
    location.assign(`/confirm/${signing.id}?lang=${lang}`);
    return true;
  });
}

/** Makes the drop zone work: `take` gets the files, and gives `true` when the page is being left. */
export function dropZone(take) {
  const [drop, input, status] = [byId("drop"), byId("files"), byId("status")];
  const tell = (text, bad) => {
    status.textContent = text;
    status.classList.toggle("bad", Boolean(bad));
  };
  const busy = (is) => {
    drop.classList.toggle("busy", is);
    status.classList.toggle("busy", is);
    input.disabled = is;
  };
  const begin = async (list) => {
    const files = input.multiple ? [...list] : [...list].slice(0, 1);
    if (files.length === 0) return;
    if (!files.every(isPdf)) return tell(say("console-only-pdf"), true);
    tell(say("console-reading", { count: number(files.length) }));
    busy(true);
    try {
      if (await take(files)) return;
      tell("");
      busy(false);
    } catch (error) {
      busy(false);
      tell(error.message, true);
      input.focus();
    }
    input.value = "";
  };
  input.addEventListener("change", () => begin(input.files));
  // A file dropped beside the zone must not replace the page.
  for (const type of ["dragover", "drop"]) document.addEventListener(type, (event) => event.preventDefault());
  drop.addEventListener("dragover", () => drop.classList.add("over"));
  drop.addEventListener("dragleave", () => drop.classList.remove("over"));
  drop.addEventListener("drop", (event) => {
    drop.classList.remove("over");
    if (!input.disabled) begin(event.dataTransfer.files);
  });
}
