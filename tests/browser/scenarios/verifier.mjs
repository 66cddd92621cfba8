// Follows the address that a certificate of conclusion prints, as somebody without an account, and has files checked: ones of the contract, an altered one, with another ID and
// with none, on a server that trusts nobody. Gives what a person reads, and how it looks in each language and width.

import { looker } from "../looker.mjs";

/** What is read once the file has been judged. */
async function judged(page, file) {
  await page.setInputFiles("#files", file);
  await page.waitForSelector("#result:not([hidden]), .status.bad");
  return {
    belonging: await page.locator("#belonging").allTextContents(),
    verdict: await page.locator("#verdict").allTextContents(),
    badges: await page.locator(".badge").allTextContents(),
    focused: await page.evaluate(() => document.activeElement.id),
    status: await page.textContent("#status"),
    words: await page.textContent("#main"),
  };
}

/** As it stands, wide and narrow. */
async function widths(page, look, name) {
  for (const width of [1280, 360]) {
    await page.setViewportSize({ width, height: 900 });
    await look(`verifier-${name}-${width}`);
  }
}

/** By the keyboard: the dialog for files opens from the drop zone. */
async function chosen(page) {
  const chooser = page.waitForEvent("filechooser");
  await page.focus("#certificate-id");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await chooser;
}

export default async function ({ page, parameters: { address, files, strange, trustless, folder } }) {
  const complaints = [];
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(String(error)));
  const [seen, told] = [{}, {}];
  const look = looker(page, folder, seen);
  const answer = await page.goto(address);
  told.policy = answer.headers()["content-security-policy"];
  for (const lang of ["ja", "en"]) {
    await page.click(`.languages a[lang="${lang}"]`);
    await page.waitForSelector(`html[lang="${lang}"] .languages a[aria-current]`);
    told[`${lang}-id`] = await page.inputValue("#certificate-id");
    await chosen(page);
    await widths(page, look, `${lang}-begin`);
    for (const [name, file] of Object.entries(files)) {
      told[`${lang}-${name}`] = await judged(page, file);
      await widths(page, look, `${lang}-${name}`);
    }
  }
  await page.fill("#certificate-id", strange);
  told.changed = { status: await page.textContent("#status"), hidden: await page.isHidden("#result") };
  told.strange = await judged(page, files.concluded);
  await page.fill("#certificate-id", "");
  told.without = await judged(page, files.concluded);
  await page.fill("#certificate-id", new URL(address).hash.slice(1).toUpperCase().replace(/(.{8})/g, "$1 "));
  told.paper = await judged(page, files.concluded);
  await page.goto(`${trustless}/verify?lang=en`);
  told.trustless = await judged(page, files.concluded);
  await widths(page, look, "trustless");
  return { told, seen, complaints };
}
