// Taking PDFs over: by the file dialog, by drag and drop, by keyboard. They go to this computer's daemon and nowhere else.

import { upload } from "./api.js";
import { byId } from "./dom.js";
import { lang, number, say } from "./words.js";


const isPdf = (file) => file.type === "application/pdf" || /\.pdf$/i.test(file.name);

/** Makes the drop zone work; after the upload the browser goes on to the page where the documents are looked at. */
export function takeDocuments() {
  const [drop, input, status] = [byId("drop"), byId("files"), byId("status")];
  const tell = (text, bad) => {
    status.textContent = text;
    status.classList.toggle("bad", Boolean(bad));
  };
  const take = async (list) => {
    const files = [...list];
    if (files.length === 0) return;
    if (!files.every(isPdf)) return tell(say("console-only-pdf"), true);
    tell(say("console-reading", { count: number(files.length) }));
    drop.classList.add("busy");
    input.disabled = true;
    try {
      const signing = await upload(files);
      location.assign(`/confirm/${signing.id}?lang=${lang}`);
    } catch (error) {
      tell(error.message, true);
      drop.classList.remove("busy");
      input.disabled = false;
      input.value = "";
      input.focus();
    }
  };
  input.addEventListener("change", () => take(input.files));
  // A file dropped beside the zone must not replace the page.
  for (const type of ["dragover", "drop"]) document.addEventListener(type, (event) => event.preventDefault());
  drop.addEventListener("dragover", () => drop.classList.add("over"));
  drop.addEventListener("dragleave", () => drop.classList.remove("over"));
  drop.addEventListener("drop", (event) => {
    drop.classList.remove("over");
    if (!input.disabled) take(event.dataTransfer.files);
  });
}
