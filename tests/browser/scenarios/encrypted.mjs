// The daemon's page with an encrypted PDF: a wrong password first, then the right one.
export default async function ({ page, parameters }) {
  await page.goto(parameters.address);
  await page.setInputFiles("#files", parameters.file);
  const ask = page.locator("#password");
  const said = [];
  for (const password of parameters.passwords) {
    await ask.waitFor({ state: "visible" });
    said.push(await page.textContent("#password-for"));
    await page.fill("#password-text", password);
    await page.keyboard.press("Enter");
    await ask.waitFor({ state: "hidden" });
  }
  await page.waitForURL(/\/confirm\//);
  await page.waitForSelector("img");
  const kept = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, location.href]));
  return { said, kept };
}
