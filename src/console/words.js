// The words of the page in the language that its HTML was written in.

export const lang = document.documentElement.lang;
document.querySelector(`.languages a[lang="${lang}"]`)?.setAttribute("aria-current", "true");
document.querySelector(`.ways a[href^="${location.pathname}?"]`)?.setAttribute("aria-current", "page");
const words = await fetch(`/assets/words-${lang}.json`).then((answer) => answer.json());

/** The message `id`, its places filled from `values`. */
export function say(id, values = {}) {
  return (words[id] ?? id).replace(/\{ \$(\w+) \}/g, (_, name) => values[name] ?? "");
}

const numbers = new Intl.NumberFormat(lang);
const days = new Intl.DateTimeFormat(lang, { dateStyle: "long", timeZone: "Asia/Tokyo" });

const moments = new Intl.DateTimeFormat(lang, { dateStyle: "long", timeStyle: "medium", timeZone: "Asia/Tokyo" });

/** `2027年3月31日 14:05:09`, in Japanese time. */
export const moment = (rfc3339) => moments.format(new Date(rfc3339));

/** `12,345` */
export const number = (value) => numbers.format(value);

/** `2027年3月31日`, in Japanese time. */
export const day = (rfc3339) => days.format(new Date(rfc3339));

/** `1.2 MB`, in units of 1,000. */
export function size(bytes) {
  const [unit, by] = bytes < 1e6 ? ["kilobyte", 1e3] : bytes < 1e9 ? ["megabyte", 1e6] : ["gigabyte", 1e9];
  const digits = unit === "kilobyte" ? 0 : 1;
  const style = { style: "unit", unit, maximumFractionDigits: digits };
  return new Intl.NumberFormat(lang, style).format(Math.max(bytes / by, unit === "kilobyte" ? 1 : 0));
}
