// A page that hankod once allowed, in a browser that lets no script through, while another program answers on the port that it remembers.
export { options } from "../sites.mjs";

export default async function ({ page, parameters: { site, key, old, name, base64 } }) {
  await page.goto(site);
  const sign = async ({ key, old, name, base64 }) => {
    const { Hankod } = await import("/hankod.js");
    if (key) localStorage.setItem("hankod", JSON.stringify({ key, port: old }));
    const file = new File([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))], name, { type: "application/pdf" });
    return new Hankod({ ports: [old] }).sign([file]).then(({ left }) => left, ({ code }) => code);
  };
  // Without a key nothing is sent at all.
  const unknown = await page.evaluate(sign, { old, name, base64 });
  const gone = page.waitForURL(/\/confirm$/);
  const left = await page.evaluate(sign, { key, old, name, base64 });
  await gone;
  return { unknown, left };
}
