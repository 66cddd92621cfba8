// Keeps seals on their page, places one with the pointer and the keyboard, signs with it, reads the receipt and finds it by the file.

export default async function ({ page, parameters: { address, file, svg, hostile, folder } }) {
  const complaints = [];
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(String(error)));
  const status = () => page.textContent("#status");
  const words = (selector) => page.locator(selector).allTextContents();

  await page.setViewportSize({ width: 1280, height: 900 });
  await page.goto(`${address}/seals?lang=ja`);
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
  const kept = await words(".kept-name");
  await page.screenshot({ path: `${folder}/seals-ja-1280.png`, fullPage: true });
  await page.fill("#holder", "悪意");
  await page.selectOption("#shape", "picture");
  await page.setInputFiles("#picture", hostile);
  await page.click("#keep");
  await page.waitForSelector("#status.bad");
  const refused = await status();
  // The refusal itself is told to the console by the browser, and nothing else.
  complaints.splice(0, 1);

  await page.goto(`${address}/?lang=ja`);
  await page.waitForSelector("#cards .card-name");
  await page.setInputFiles("#files", file);
  await page.waitForURL(/\/confirm\//);
  await page.waitForSelector(".sheet-picture");
  await page.locator("label.choice", { hasText: "甲野太郎" }).locator("input").check();
  await page.check('input[value="seal"]');
  await page.waitForFunction(() => document.getElementById("seal-kind").options.length === 4);
  await page.selectOption("#seal-kind", { index: 1 });
  await page.waitForSelector(".seal-mark img");
  const frame = await page.locator(".sheet-frame").first().boundingBox();
  const at = (x, y) => [frame.x + frame.width * x, frame.y + frame.height * y];
  await page.mouse.move(...at(0.2, 0.2));
  await page.mouse.down();
  await page.mouse.move(...at(0.3, 0.25), { steps: 3 });
  await page.mouse.move(...at(0.4, 0.3), { steps: 3 });
  await page.mouse.up();
  const place = () => page.locator(".seal-mark").evaluate(({ style }) => ["left", "bottom", "width", "height"].map((side) => parseFloat(style[side])));
  const drawn = await place();
  const saidDrawn = await page.textContent("#seal-said");
  await page.focus(".seal-mark");
  await page.keyboard.press("ArrowRight");
  const moved = await place();
  await page.keyboard.press("Shift+ArrowRight");
  const sized = await place();
  const saidSized = await page.textContent("#seal-said");
  const focused = await page.evaluate(() => document.activeElement.className);
  await page.screenshot({ path: `${folder}/place-ja-1280.png` });
  await page.click("#go");
  await page.waitForSelector(".downloads, .status.bad");
  const ended = await status();
  const download = page.waitForEvent("download");
  await page.locator(".download").click();
  const saved = `${folder}/signed-with-seal.pdf`;
  await (await download).saveAs(saved);

  await page.goto(`${address}/receipts?lang=ja`);
  await page.waitForSelector("#receipts h3");
  const receipts = await words("#receipts h3");
  const prompts = await words("#receipts .prompt");
  await page.setInputFiles("#files", saved);
  await page.waitForSelector("#all:not([hidden])");
  const bySigned = await words("#receipts h3");
  await page.screenshot({ path: `${folder}/receipts-ja-1280.png`, fullPage: true });
  await page.setInputFiles("#files", svg.replace(/[^/]+$/, "stranger.pdf"));
  await page.waitForSelector("#receipts .none");
  const stranger = await words("#receipts .none");

  await page.goto(`${address}/seals?lang=ja`);
  await page.locator("#kept button").first().click();
  await page.waitForFunction(() => document.querySelectorAll("#kept li").length === 1);
  const left = await words(".kept-name");
  return { kept, refused, drawn, moved, sized, saidDrawn, saidSized, focused, ended, saved, receipts, prompts, bySigned, stranger, left, complaints };
}
