// Every page of the staff in one language, wide and narrow, as people with assistive technology meet it.

import { looker } from "../looker.mjs";

const ready = (page) => page.waitForFunction(() => !document.querySelector("[aria-busy]") && [...document.querySelectorAll("#me, #sign-in, .status.bad")].some((one) => one.checkVisibility()));

export default async function ({ page, context, parameters: { origin, cookies, id, draft, lang, folder } }) {
  const complaints = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  const seen = {};
  const look = looker(page, folder, seen);
  const paths = {
    list: "/console",
    people: "/console/people",
    contract: `/console/contracts/${id}`,
    edit: `/console/contracts/${draft}/edit`,
    "sign-in": "/console/sign-in",
    join: "/console/join",
  };
  await context.addCookies(cookies);
  for (const [name, path] of Object.entries(paths)) {
    await page.goto(`${origin}${path}?lang=${lang}`);
    await ready(page);
    if (name === "contract" && (await page.locator(".judge").count())) {
      await page.click(".judge >> nth=0");
      await page.waitForSelector(".signature");
      seen.judged = { words: await page.locator(".judged >> nth=0").textContent(), headings: await page.locator(".judged h4").allTextContents() };
    }
    for (const width of [1280, 360]) {
      await page.setViewportSize({ width, height: 900 });
      await look(`office-${name}-${lang}-${width}`);
    }
  }
  return { seen, complaints };
}
