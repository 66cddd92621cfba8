// Signs two PDFs on the daemon's own page with the keyboard and pointer, as a person does. Returns the numbers that the page showed and what it saved.

export default async function ({ page, parameters: { address, files, folder } }) {
  const complaints = [];
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(String(error)));
  await page.goto(`${address}/?lang=ja`);
  await page.waitForSelector(".card-name");
  const card = await page.textContent(".card-name");

  const chooser = page.waitForEvent("filechooser");
  await page.focus("#files");
  await page.keyboard.press("Enter");
  await (await chooser).setFiles(files);
  await page.waitForURL(/\/confirm\//);
  await page.waitForSelector(".sheet-picture");
  const names = await page.locator(".document-name").allTextContents();
  const text = await page.locator(".sheet-text").first().textContent();
  const before = await page.textContent("#check");

  await page.locator("label.choice", { hasText: "甲野太郎" }).locator("input").check();
  await page.check('input[value="seal"]');
  await page.locator(".seal-mark").first().focus();
  await page.keyboard.press("ArrowUp");
  await page.focus("#go");
  await page.keyboard.press("Enter");
  await page.waitForSelector(".downloads, .status.bad");
  const status = await page.textContent("#status");
  const after = await page.textContent("#check");

  const saved = [];
  for (const button of await page.locator(".download").all()) {
    const download = page.waitForEvent("download");
    await button.click();
    const file = await download;
    const path = `${folder}/${saved.length + 1}.pdf`;
    await file.saveAs(path);
    saved.push({ name: file.suggestedFilename(), path });
  }
  const wide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
  return { card, names, text, before, after, status, saved, wide, complaints };
}
