// A person on `examples/site`: signs what it offers, by its own script or, where the browser lets none through, on hankod's page.
// Returns what the site's server said of the files that came back, and where the person was.
export { options } from "../sites.mjs";

export default async function ({ page, parameters: { site, granted, holder } }) {
  const complaints = [];
  page.on("console", (message) => {
    // The example has no icon.
    const icon = message.location().url.endsWith("/favicon.ico");
    if (message.type() === "error" && !icon) complaints.push(message.text());
  });
  await page.goto(site);
  await page.waitForSelector("#offer li");
  const offered = await page.locator("#offer li").allTextContents();
  const asked = [];
  page.on("request", (request) => asked.push(new URL(request.url()).pathname));
  const visited = [];
  page.on("framenavigated", (frame) => visited.push(new URL(frame.url()).pathname.split("/")[1]));
  await page.click("#sign");
  if (granted) {
    await page.waitForFunction(() => document.getElementById("answer").textContent);
    return { offered, answer: await page.textContent("#answer"), left: false };
  }
  // The browser lets no script ask for permission: hankod's own page does, and comes back.
  await page.waitForFunction(() => localStorage.getItem("hankod"));
  await page.waitForSelector("#offer li");
  const came = { to: visited[0], back: page.url() };
  await page.click("#sign");
  await page.waitForURL(/\/confirm\//);
  await page.waitForSelector(".sheet-picture");
  const words = await page.textContent("#asked");
  const early = asked.filter((path) => /^\/v1\/(certificates|tokens|events)/.test(path));
  await page.click("#arrived-go");
  await page.locator("label.choice", { hasText: holder }).locator("input").check();
  await page.click("#go");
  await page.waitForURL(`${site}/signed`);
  return { offered, answer: await page.textContent("body"), left: true, came, words, early, complaints };
}
