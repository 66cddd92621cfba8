// Looks at what a program asked for on the daemon's confirmation page, and says no. Returns what stands there before the documents and on them.

export default async function ({ page, parameters: { address } }) {
  const complaints = [];
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(String(error)));
  await page.goto(address);
  await page.waitForSelector(".seal-mark.fixed img[src]");
  const terms = await page.locator("#terms dd").allTextContents();
  const above = await page.evaluate(
    () => document.getElementById("terms").getBoundingClientRect().bottom <= document.getElementById("documents").getBoundingClientRect().top,
  );
  const facts = await page.locator(".document-facts").allTextContents();
  await page.waitForFunction(() => [...document.querySelectorAll(".seal-asked img, .seal-mark img")].every((image) => image.naturalWidth > 0));
  const seals = await page.locator(".seal-asked img, .seal-mark img").count();
  // The share of the page that the seal covers, in percent, as left, bottom, width, height.
  const place = await page.locator(".seal-mark.fixed").evaluate(({ style }) => ["left", "bottom", "width", "height"].map((side) => parseFloat(style[side])));
  await page.click("#stop");
  await page.waitForSelector("#form[hidden]", { state: "attached" });
  return { terms, above, facts, seals, place, status: await page.textContent("#status"), complaints };
}
