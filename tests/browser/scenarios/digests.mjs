// Looks at a request that brought digests alone, and signs. Returns what the page said of them.

export default async function ({ page, parameters: { address } }) {
  const complaints = [];
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(String(error)));
  await page.goto(`${address}?lang=ja`);
  await page.waitForSelector(".document-name");
  const warning = await page.textContent(".document .notice.warning");
  const fingerprint = await page.locator(".document .fingerprint code").textContent();
  await page.waitForSelector("label.choice");
  const look = await page.locator("#look").isVisible();
  await page.locator("label.choice", { hasText: "甲野太郎" }).locator("input").check();
  await page.click("#go");
  const download = page.waitForEvent("download");
  await page.locator(".download").first().click();
  const name = (await download).suggestedFilename();
  const check = await page.textContent("#check");
  return { warning, fingerprint, look, check, name, complaints };
}
