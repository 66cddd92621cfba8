// A page as people with assistive technology meet it: what axe-core finds, the accessibility tree, and a picture for people to look at.

import { readFile } from "node:fs/promises";

const AXE = await readFile(new URL("./node_modules/axe-core/axe.min.js", import.meta.url), "utf8");

/** axe-core's complaints about the page as it stands, in light and dark. */
async function violations(page) {
  await page.evaluate(`${AXE};0`);
  const found = [];
  for (const colorScheme of page.viewportSize().width > 400 ? ["dark", "light"] : ["light"]) {
    await page.emulateMedia({ colorScheme });
    const told = await page.evaluate(async () => {
      const { violations } = await globalThis.axe.run(document, { resultTypes: ["violations"] });
      return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" | ").slice(0, 600)}`);
    });
    found.push(...told.map((line) => `${colorScheme} ${line}`));
  }
  return found;
}

/** Looks at the page as it stands, under a name, into `seen`; its picture goes into `folder`. */
export function looker(page, folder, seen) {
  return async (name) => {
    await page.waitForFunction(() => [...document.querySelectorAll("img")].every((image) => image.complete));
    seen[name] = {
      violations: await violations(page),
      tree: await page.locator("body").ariaSnapshot(),
      wide: await page.evaluate(() => document.documentElement.scrollWidth > innerWidth),
    };
    await page.screenshot({ path: `${folder}/${name}.png`, fullPage: true });
  };
}
