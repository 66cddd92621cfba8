// Elements without HTML text: whatever a file name or certificate says stays text.

const isThere = (child) => child !== null && child !== undefined && child !== false && child !== "";

/** `el("li", {class: "card", hidden: true}, "text", node)`; attributes and children that are false, null or undefined are left out. */
export function el(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else node.setAttribute(key, value === true ? "" : String(value));
  }
  node.append(...children.filter(isThere));
  return node;
}

export const byId = (id) => document.getElementById(id);

/** Puts `nodes` in place of everything inside `parent`. */
export function fill(parent, ...nodes) {
  parent.replaceChildren(...nodes.filter(isThere));
  parent.removeAttribute("aria-busy");
}

/** An image of a PNG in Base64. */
export function picture(base64, attributes) {
  const image = el("img", attributes);
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  image.src = URL.createObjectURL(new Blob([bytes], { type: "image/png" }));
  image.addEventListener("load", () => URL.revokeObjectURL(image.src), { once: true });
  return image;
}
