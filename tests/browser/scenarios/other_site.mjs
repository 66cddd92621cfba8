// A site of another origin is allowed, signs two documents with one PIN and offers them for download. Returns what its script saw and what was saved.
export { options } from "../sites.mjs";

export default async function ({ page, parameters: { site, ports, holder, documents, folder } }) {
  await page.goto(site);
  const seen = await page.evaluate(pairAndSign, { ports, holder, documents });
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

async function pairAndSign({ ports, holder, documents }) {
  const { Hankod } = await import("/hankod.js");
  const hankod = new Hankod({ ports });
  const seen = { before: (await hankod.status()).status, progress: [] };
  await hankod.pair((code) => (seen.code = code));
  // Another page of the site knows the daemon by nothing but the key that was kept.
  const again = new Hankod({ ports });
  seen.after = (await again.status()).status;
  const certificates = await again.certificates();
  seen.holders = certificates.map(({ name }) => name);
  const certificate = certificates.find(({ name }) => name === holder).select;
  const files = documents.map(({ name, base64 }) => new File([Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))], name));
  const signed = await again.sign(files, { sign: { certificate } }, (progress) => seen.progress.push(progress));
  for (const file of signed.files) {
    document.body.append(Object.assign(document.createElement("a"), { href: URL.createObjectURL(file), download: file.name, textContent: file.name }));
  }
  return seen;
}
