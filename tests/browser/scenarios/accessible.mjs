// Every page as people with assistive technology meet it, in one language and width: what axe-core finds, the accessibility tree, and pictures of
// the pages (into `folder`) for people to look at.

import { readFile } from "node:fs/promises";

const AXE = await readFile(new URL("../node_modules/axe-core/axe.min.js", import.meta.url), "utf8");

/** axe-core's complaints about the page as it stands, in light and dark. */
async function violations(page) {
  await page.evaluate(`${AXE};0`);
  const found = [];
  for (const colorScheme of page.viewportSize().width > 400 ? ["dark", "light"] : ["light"]) {
    await page.emulateMedia({ colorScheme });
    const told = await page.evaluate(async () => {
      const { violations } = await globalThis.axe.run(document, { resultTypes: ["violations"] });
      return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" | ").slice(0, 600)}`);
    });
    found.push(...told.map((line) => `${colorScheme} ${line}`));
  }
  return found;
}

function looker(page, folder, seen) {
  return async (name) => {
    await page.waitForFunction(() => [...document.querySelectorAll("img")].every((image) => image.complete));
    seen[name] = {
      violations: await violations(page),
      tree: await page.locator("body").ariaSnapshot(),
      wide: await page.evaluate(() => document.documentElement.scrollWidth > innerWidth),
    };
    await page.screenshot({ path: `${folder}/${name}.png`, fullPage: true });
  };
}

/** The start page, and from there to the page before signing. */
async function choose(page, { address, lang, file }) {
  await page.goto(`${address}/?lang=${lang}`);
  await page.waitForSelector("#cards .card");
  await page.setInputFiles("#files", file);
  await page.waitForURL(/\/confirm\//);
  await page.waitForSelector(".sheet-picture");
  await page.waitForSelector("#certificates:not([aria-busy]) > *");
}

async function pages(page, look, { address, empty, file, blank, signed, lang, width }) {
  const at = (name) => look(`${name}-${lang}-${width}`);
  await page.setViewportSize({ width, height: 900 });
  await page.goto(`${empty}/?lang=${lang}`);
  await page.waitForSelector("#cards .card");
  await at("desk-without-card");
  await choose(page, { address: empty, lang, file });
  await at("confirm-without-card");
  await page.goto(`${address}/?lang=${lang}`);
  await page.waitForSelector("#cards .card-name");
  await at("desk");
  await choose(page, { address, lang, file: [file, blank] });
  for (const sheet of await page.locator(".sheet").all()) {
    await sheet.scrollIntoViewIfNeeded();
    await sheet.locator(".sheet-picture").waitFor();
  }
  await page.evaluate(() => scrollTo(0, 0));
  await at("confirm");
  await page.locator("label.choice", { hasText: "甲野太郎" }).locator("input").check();
  await page.check('input[value="seal"]');
  await page.waitForSelector(".seal-mark");
  await at("confirm-seal");
  await page.click("#go");
  await page.waitForSelector(".downloads, .status.bad");
  await at("signed");
  await page.goto(`${address}/verify?lang=${lang}`);
  await page.waitForSelector(".ways a[aria-current]");
  await at("verify");
  await page.setInputFiles("#files", signed);
  await page.waitForSelector("#verdict");
  await at("verified");
}

export default async function ({ page, parameters }) {
  const complaints = [];
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(String(error)));
  const seen = {};
  await pages(page, looker(page, parameters.folder, seen), parameters);
  return { seen, complaints };
}
