// A site of another origin is allowed, signs two documents with one PIN and offers them for download. Returns what its script saw and what was saved.
import { pairAndSign } from "../client.mjs";
export { options } from "../sites.mjs";

export default async function ({ page, parameters: { site, daemon, holder, documents, folder } }) {
  await page.goto(site);
  const seen = await page.evaluate(pairAndSign, { daemon, holder, documents });
  const saved = [];
  for (const link of await page.locator("a[download]").all()) {
    const download = page.waitForEvent("download");
    await link.click();
    const file = await download;
    const path = `${folder}/${saved.length + 1}.pdf`;
    await file.saveAs(path);
    saved.push({ name: file.suggestedFilename(), path });
  }
  return { ...seen, saved };
}
