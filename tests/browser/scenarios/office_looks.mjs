// Every page of the staff in one language, wide and narrow, as people with assistive technology meet it.

import { readFileSync } from "node:fs";
import { looker } from "../looker.mjs";

const ready = (page) => page.waitForFunction(() => !document.querySelector("[aria-busy]") && [...document.querySelectorAll("#me, #sign-in, .status.bad")].some((one) => one.checkVisibility()));

/** What the concluded contract's page offers, fetched: the words, the file's name, how it begins. */
async function papers(page) {
  const found = [];
  for (const link of await page.locator("#papers a[download]").all()) {
    const [file] = await Promise.all([page.waitForEvent("download"), link.click()]);
    found.push([await link.textContent(), file.suggestedFilename(), readFileSync(await file.path()).subarray(0, 4).toString("latin1")]);
  }
  found.push(await page.locator("#papers a:not([download])").evaluateAll(([link]) => link.hash));
  return found;
}

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
    if (name === "contract") seen.papers = await papers(page);
    for (const width of [1280, 360]) {
      await page.setViewportSize({ width, height: 900 });
      await look(`office-${name}-${lang}-${width}`);
    }
  }
  return { seen, complaints };
}
