// Every page as people with assistive technology meet it, in one language and width: what axe-core finds, the accessibility tree, and pictures of
// the pages (into `folder`) for people to look at.

import { looker } from "../looker.mjs";

/** The start page, and from there to the page before signing. */
async function choose(page, { address, lang, file }) {
  await page.goto(`${address}/?lang=${lang}`);
  await page.waitForSelector("#cards .card");
  await page.setInputFiles("#files", file);
  await page.waitForURL(/\/confirm\//);
  await page.waitForSelector(".sheet-picture");
  await page.waitForSelector("#certificates:not([aria-busy]) > *");
}

/** A site that asks by a form to be allowed; the person's window stands, and this page waits. */
async function asking(page, address, lang) {
  const site = "http://localhost:9/";
  await page.route(site, (route) => route.fulfill({ contentType: "text/html", body: '<meta name="referrer" content="origin"><form method="post">' }));
  await page.goto(site);
  const query = new URLSearchParams({ return_url: site, state: "0123456789abcdef" });
  await page.evaluate((action) => {
    document.forms[0].action = action;
    document.forms[0].submit();
  }, `${address}/pairing?${query}`);
  await page.waitForURL(/\/pairing\/\w+/);
  const told = () => page.waitForFunction(() => /\d{6}/.test(document.getElementById("check").textContent));
  await told();
  await page.goto(`${page.url().split("?")[0]}?lang=${lang}`);
  await told();
}

/** The page of seals with two of them, and the one of receipts after a signature. */
async function kept(page, at, { address, svg, lang }) {
  await page.goto(`${address}/seals?lang=${lang}`);
  await page.waitForSelector("#kept .none");
  await page.fill("#holder", "甲野");
  await page.fill("#words", "甲野");
  await page.waitForSelector("#drawn img");
  await page.click("#keep");
  await page.waitForSelector("#kept li img");
  await page.fill("#holder", "会社");
  await page.selectOption("#shape", "picture");
  await page.setInputFiles("#picture", svg);
  await page.click("#keep");
  await page.waitForFunction(() => document.querySelectorAll("#kept li img").length === 2);
  await at("seals");
  await page.goto(`${address}/receipts?lang=${lang}`);
  await page.waitForSelector("#receipts h3");
  await page.locator("#receipts summary").first().click();
  await at("receipts");
}

async function pages(page, look, { address, empty, file, blank, signed, svg, lang, width }) {
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
  await kept(page, at, { address, svg, lang });
  await asking(page, address, lang);
  await at("pairing");
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
