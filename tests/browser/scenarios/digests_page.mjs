// A page of a terminal server's site finds the person's own hankod among the accounts' ports, and has a digest signed.
export { options } from "../sites.mjs";

export default async function ({ page, parameters: { site, account, holder, value } }) {
  await page.goto(site);
  return page.evaluate(
    async ({ account, holder, value }) => {
      const { Hankod, portsOfAccounts } = await import("/hankod.js");
      const hankod = new Hankod({ ports: portsOfAccounts(account - 2, account + 2) });
      await hankod.pair();
      const certificate = (await hankod.certificates()).find(({ name }) => name === holder).select;
      const documents = [{ name: "請求書.xml", digest: { algorithm: "sha-256", value } }];
      const [file] = (await hankod.signDigests(documents, { sign: { certificate } })).files;
      const bytes = new Uint8Array(await file.arrayBuffer());
      let many = "none";
      try {
        portsOfAccounts(1000, 9999);
      } catch (error) {
        many = error.name;
      }
      return { name: file.name, type: file.type, base64: btoa(String.fromCharCode(...bytes)), many };
    },
    { account, holder, value },
  );
}
