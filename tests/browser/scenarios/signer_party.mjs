// A party signer's page: filled in and known, then signed with the person's own hankod at port `desk`, or taken `away` and given `back`.

import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";

export const options = () => ({ permissions: ["local-network-access"] });

const there = async (page, path) => {
  while (!existsSync(path)) await page.waitForTimeout(50);
};

async function filled(page, address, code) {
  await page.goto(address);
  await page.click("#open");
  await page.check("#item-1");
  await page.fill("#field-2", "東京都千代田区1-1");
  await page.check("#field-3");
  await page.fill("#field-4", "2026-11-23");
  await page.click("#send-code");
  await there(page, code);
  await page.fill("#code", readFileSync(code, "utf8"));
  await page.click("#code-form button");
  await page.waitForSelector("#known-done:not([hidden])");
}

/** The page's own client looks at the usual port, where nobody answers, and where the site was allowed before. */
const allowed = (page, desk) =>
  page.evaluate(async (port) => {
    const { Hankod } = await import("/assets/hankod.js");
    await new Hankod({ ports: [port] }).pair();
  }, desk);

async function elsewhere(page, away, back) {
  await page.click("#other");
  await page.waitForSelector("#files a");
  const [taken] = await Promise.all([page.waitForEvent("download"), page.click("#files a")]);
  const field = (await page.textContent("#files .hint")).replace(/^.*: /, "");
  writeFileSync(`${away}.part`, JSON.stringify({ pdf: await taken.path(), field }));
  renameSync(`${away}.part`, away);
  await there(page, back);
  await page.setInputFiles("#files input", back);
}

export default async function ({ page, parameters: { address, code, desk, away, back } }) {
  const complaints = [];
  const usual = /ERR_CONNECTION_REFUSED/;
  page.on("console", (message) => message.type() === "error" && !usual.test(message.text()) && complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(String(error)));
  await filled(page, address, code);
  if (desk) {
    await allowed(page, desk);
    await page.click("#go");
  } else {
    await elsewhere(page, away, back);
  }
  await page.waitForFunction(() => document.querySelector("#status.bad") || /署名が終わりました/.test(document.querySelector("#status").textContent));
  return { status: await page.textContent("#status"), complaints };
}
