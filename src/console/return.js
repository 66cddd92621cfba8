// Giving the signed files back to the site that asked by a form: by a form again, to the address that it named.

import { signed } from "./api.js";
import { el } from "./dom.js";

/** Leaves this page; the site gets `result` and one `document` for each signed file, in order. */
export async function giveBack(view, address) {
  const form = el("form", { method: "post", enctype: "multipart/form-data", action: address, hidden: true });
  const { id, state, documents, error } = view;
  const told = documents.map(({ n, name, sha256, signed }) => ({ n, name, sha256, signed: Boolean(signed) }));
  form.append(el("input", { type: "hidden", name: "result", value: JSON.stringify({ id, state, documents: told, error }) }));
  for (const document of documents.filter(({ signed }) => signed)) {
    const list = new DataTransfer();
    const name = document.name.replace(/(\.pdf)?$/i, ".signed.pdf");
    list.items.add(new File([await signed(document.signed)], name, { type: "application/pdf" }));
    const field = el("input", { type: "file", name: "document" });
    field.files = list.files;
    form.append(field);
  }
  document.body.append(form);
  form.submit();
}
