// A person on `examples/site` whose card is out in the middle of the work, and in again a moment later: what hankod said of it, and what the site got in the end.
import { existsSync } from "node:fs";

export { options } from "../sites.mjs";

export default async function ({ page, parameters: { site, back } }) {
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
  while (!existsSync(back)) await page.waitForTimeout(100);
  await page.click("#sign");
  await page.waitForFunction(() => document.getElementById("answer").textContent);
  const signed = broken.documents.filter((document) => document.signed).length;
  return { code: broken.error.code, signed, answer: await page.textContent("#answer") };
}
