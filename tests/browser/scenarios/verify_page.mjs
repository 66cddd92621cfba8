// Verifies a PDF on the daemon's own page with the keyboard, in both languages and two widths. Returns what a person reads, and keeps pictures of the page where `folder` says.

async function check(page, { address, file, lang, width, folder }) {
  await page.setViewportSize({ width, height: 900 });
  await page.goto(`${address}/?lang=${lang}`);
  // The page has its words and has looked at the cards: leaving it now breaks nothing off.
  await page.waitForSelector("#cards .card");
  await page.focus(".hint a");
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/verify/);
  const chooser = page.waitForEvent("filechooser");
  await page.focus("#files");
  await page.keyboard.press("Enter");
  await (await chooser).setFiles([file]);
  await page.waitForSelector("#verdict, .status.bad");
  await page.waitForFunction(() => [...document.querySelectorAll(".sheet-picture")].every((image) => image.complete));
  const seen = {
    first: await page.textContent("#verdict"),
    focused: await page.evaluate(() => document.activeElement.id),
    badges: await page.locator(".badge").allTextContents(),
    changes: await page.locator(".changes li").allTextContents(),
    pictures: await page.locator(".sheet-picture").evaluateAll((images) => images.filter((image) => image.naturalWidth > 0).length),
    frames: await page.locator(".differs").count(),
    wide: await page.evaluate(() => document.documentElement.scrollWidth > innerWidth),
  };
  await page.focus("summary");
  await page.keyboard.press("Enter");
  seen.details = await page.locator("details").first().evaluate((details) => details.open);
  await page.screenshot({ path: `${folder}/verify-${lang}-${width}.png`, fullPage: true });
  return seen;
}

export default async function ({ page, parameters }) {
  const complaints = [];
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(String(error)));
  const seen = {};
  for (const lang of ["ja", "en"]) {
    for (const width of [1280, 360]) seen[`${lang}${width}`] = await check(page, { ...parameters, lang, width });
  }
  await page.setInputFiles("#files", parameters.broken);
  await page.waitForFunction(() => document.querySelector(".verdict")?.textContent.includes("broken.pdf"));
  seen.broken = await page.textContent(".verdict");
  await page.setInputFiles("#files", parameters.unfetched);
  await page.waitForFunction(() => document.querySelector(".verdict")?.textContent.includes("unfetched.pdf"));
  seen.unfetched = {
    text: await page.textContent(".verdict"),
    wide: await page.evaluate(() => document.documentElement.scrollWidth > innerWidth),
  };
  await page.screenshot({ path: `${parameters.folder}/verify-unfetched.png`, fullPage: true });
  return { ...seen, complaints };
}
