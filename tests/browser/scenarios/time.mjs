// The page before signing says in time that its time ends, and gives more on a click. The browser's clock is ours.

export default async function ({ page, parameters: { address, file } }) {
  await page.clock.install();
  await page.goto(`${address}/?lang=ja`);
  await page.waitForSelector("#cards .card");
  await page.setInputFiles("#files", file);
  await page.waitForURL(/\/confirm\//);
  await page.waitForSelector(".sheet-picture");
  const before = await page.locator("#time").textContent();
  await page.clock.fastForward("04:30");
  await page.waitForSelector("#more-time");
  const warned = await page.locator("#time").ariaSnapshot();
  const answer = page.waitForResponse((response) => response.url().endsWith("/time"));
  await page.focus("#more-time");
  await page.keyboard.press("Enter");
  const { seconds_left } = await (await answer).json();
  await page.waitForSelector("#time p");
  return { before, warned, given: await page.locator("#time").ariaSnapshot(), seconds_left };
}
