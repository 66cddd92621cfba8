// A page that hankod once allowed, while another program answers on the port that it remembers.
export { options } from "../sites.mjs";

export default async function ({ page, parameters: { site, key, old, port, base64, holder } }) {
  await page.goto(site);
  return page.evaluate(
    async ({ key, old, port, base64, holder }) => {
      const { Hankod } = await import("/hankod.js");
      localStorage.setItem("hankod", JSON.stringify({ key, port: old }));
      const file = new File([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))], "a.pdf", { type: "application/pdf" });
      const lost = new Hankod({ ports: [old] });
      const alone = (await lost.status()).status;
      const refused = await lost.sign([file]).then(() => "signed", ({ code }) => code);
      const hankod = new Hankod({ ports: [old, port] });
      const both = (await hankod.status()).status;
      const certificate = (await hankod.certificates()).find(({ name }) => name === holder).select;
      const { files } = await hankod.sign([file], { sign: { certificate } });
      return { alone, refused, both, signed: files.length };
    },
    { key, old, port, base64, holder },
  );
}
