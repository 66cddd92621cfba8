// Elements without HTML text: whatever a file name or certificate says stays text.

/** `el("li", {class: "card", hidden: true}, "text", node)`; attributes that are false, null or undefined are left out. */
export function el(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else node.setAttribute(key, value === true ? "" : String(value));
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

export const byId = (id) => document.getElementById(id);

/** Puts `nodes` in place of everything inside `parent`. */
export function fill(parent, ...nodes) {
  parent.replaceChildren(...nodes.filter((node) => node !== null && node !== undefined));
  parent.removeAttribute("aria-busy");
}
