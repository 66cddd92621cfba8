// A signer's page from the link to the conclusion, with the keyboard alone; what is said on the way, and how it looks in each language and width.

import { existsSync, readFileSync } from "node:fs";
import { looker } from "../looker.mjs";

const MAX_STEPS = 120;

const status = (page) => page.textContent("#status");
const ready = (page) => page.waitForSelector("#main[data-ready]");
const focused = (page) => page.evaluate(() => document.activeElement.id || document.activeElement.dataset.item || document.activeElement.tagName);

/** Goes on with the tab key until this has the focus. */
async function reach(page, selector) {
  const is = () => page.evaluate((wanted) => document.activeElement.matches(wanted), selector);
  for (let step = 0; step < MAX_STEPS; step++) {
    if (await is()) return;
    await page.keyboard.press("Tab");
  }
  throw new Error(`the keyboard does not reach ${selector}`);
}

async function press(page, selector, key = "Enter") {
  await reach(page, selector);
  await page.keyboard.press(key);
}

/** As it stands, in each language, wide and narrow. */
async function looks(page, address, look, name) {
  for (const lang of ["en", "ja"]) {
    await page.goto(`${address}?lang=${lang}`);
    await ready(page);
    for (const width of [360, 1280]) {
      await page.setViewportSize({ width, height: 900 });
      if (await page.locator(".sheet >> nth=0").isVisible()) await page.waitForSelector(".sheet-picture");
      await look(`signer-${name}-${lang}-${width}`);
    }
  }
}

/** What is asked, and what happens when too little was done. */
async function askedFor(page, told) {
  told.tabs = await page.locator("[role=tab]").allTextContents();
  await page.waitForSelector(".field-place");
  told.counter = await page.locator(".document:visible figcaption >> nth=0").textContent();
  told.seals = await page.locator("#seals li").allTextContents();
  told.downloads = await page.locator(".document a[download]").evaluateAll((links) => links.map((link) => link.getAttribute("download")));
  await press(page, "#go");
  told.early = { said: await status(page), focused: await focused(page) };
  await press(page, "[data-item]");
  told.jumped = await focused(page);
  await press(page, ".sheet figcaption button");
  told.back = await focused(page);
}

/** Fills everything in. */
async function filled(page, told) {
  const marks = () => page.locator("#rows .mark").allTextContents();
  told.before = await marks();
  await page.focus("#send-code");
  await press(page, "#item-1", "Space");
  await press(page, "#go");
  told.empty = { said: await status(page), focused: await focused(page) };
  await page.keyboard.type("東京都千代田区1-1");
  await press(page, "#field-3", "Space");
  await reach(page, "#field-4");
  // In which order the parts of a date are typed is the browser's own language.
  await page.fill("#field-4", "2026-11-23");
  told.after = await marks();
  told.places = await page.locator(".field-place").allTextContents();
  told.ready = await page.locator("[role=tab] >> nth=0").locator(".tab-state").textContent();
}

/** Is known by the code of the mail, which lies in the file `code` when it has come. */
async function known(page, told, code) {
  await press(page, "#go");
  told.unknown = { said: await status(page), focused: await focused(page) };
  await page.keyboard.press("Enter");
  await page.waitForSelector("#code-form:not([hidden])");
  told.sent = await status(page);
  while (!existsSync(code)) await page.waitForTimeout(50);
  await reach(page, "#code");
  await page.keyboard.type(readFileSync(code, "utf8"));
  await page.keyboard.press("Enter");
  await page.waitForSelector("#known-done:not([hidden])");
  told.known = await status(page);
}

export default async function ({ page, parameters: { address, void: gone, code, folder } }) {
  const complaints = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  const [seen, told] = [{}, {}];
  const look = looker(page, folder, seen);
  await looks(page, gone, look, "void");
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  await looks(page, address, look, "begin");
  told.asked = await page.textContent("#asked");
  await press(page, "#open");
  await page.waitForSelector("[role=tab]");
  await askedFor(page, told);
  await filled(page, told);
  await known(page, told, code);
  await looks(page, address, look, "work");
  await reach(page, "[role=tab]");
  await page.keyboard.press("ArrowRight");
  told.second = { focused: await focused(page), counter: await page.locator(".document:visible figcaption >> nth=0").textContent() };
  await press(page, "#go");
  await page.waitForFunction(() => {
    const status = document.querySelector("#status");
    return status.classList.contains("bad") || status.textContent.includes("締結されました");
  });
  told.concluded = await status(page);
  told.papers = await page.locator("#result a").evaluateAll((links) => links.map((link) => link.textContent));
  const [paper] = await Promise.all([page.waitForEvent("download"), press(page, "#result li:last-child a")]);
  told.certificate = readFileSync(await paper.path()).subarray(0, 5).toString();
  await looks(page, address, look, "concluded");
  return { told, seen, complaints };
}
