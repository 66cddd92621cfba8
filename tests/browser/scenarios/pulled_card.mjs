// A person on `examples/site` whose card is out in the middle of the work, and in again a moment later: what hankod said of it, and what the site got in the end.
export { options } from "../sites.mjs";

export default async function ({ page, parameters: { site, port } }) {
  const failed = new Promise((resolve) =>
    page.on("response", async (response) => {
      if (!/\/v1\/signings\/[^/]+$/.test(new URL(response.url()).pathname)) return;
      const view = await response.json().catch(() => null);
      if (view?.state === "failed") resolve(view);
    }),
  );
  await page.goto(site);
  await page.waitForSelector("#offer li");
  await page.click("#sign");
  const broken = await failed;
  await page.waitForFunction(
    async (port) => {
      const { Hankod } = await import("/hankod.js");
      const tokens = await new Hankod({ ports: [port] }).tokens();
      return tokens.some(({ present }) => present);
    },
    port,
    { polling: 200 },
  );
  await page.click("#sign");
  await page.waitForFunction(() => document.getElementById("answer").textContent);
  const signed = broken.documents.filter((document) => document.signed).length;
  return { code: broken.error.code, signed, answer: await page.textContent("#answer") };
}
