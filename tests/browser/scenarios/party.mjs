// A signer's page with signer-party.js on the contract server's origin: pairs with the person's hankod and signs `requests`; where `back` is named, what is
// left is signed once that file is there, after `failed` was written. Returns the outcomes of each round and the states that the page was told.
import { existsSync, readFileSync, writeFileSync } from "node:fs";

export const options = () => ({ permissions: ["local-network-access"] });

/** Pages and scripts from the repository, everything else from the server, as a proxy in front of it would. */
async function serve(route, { site, service }) {
  const request = route.request();
  const path = new URL(request.url()).pathname;
  if (path === "/page") return route.fulfill({ contentType: "text/html", body: "<!doctype html><html lang=ja><title>署名</title></html>" });
  if (path.endsWith(".js")) {
    const script = readFileSync(new URL(`../../../src/console${path}`, import.meta.url));
    return route.fulfill({ contentType: "text/javascript", body: script });
  }
  const kept = ["content-type", "signer-session", "accept-language"];
  const headers = Object.fromEntries(Object.entries(request.headers()).filter(([name]) => kept.includes(name)));
  const init = { method: request.method(), headers: { ...headers, origin: site }, body: request.postDataBuffer() ?? undefined };
  const answer = await fetch(`http://127.0.0.1:${service}${path}`, init);
  const body = Buffer.from(await answer.arrayBuffer());
  return route.fulfill({ status: answer.status, contentType: answer.headers.get("content-type") ?? undefined, body });
}

export default async function ({ page, context, parameters }) {
  const { site, desk, requests, failed, back } = parameters;
  await context.route(`${site}/**`, (route) => serve(route, parameters));
  await page.goto(`${site}/page`);
  await page.evaluate(async (port) => {
    const [{ Hankod }, { PartySigner }] = await Promise.all([import("/hankod.js"), import("/signer-party.js")]);
    globalThis.signer = new PartySigner({ hankod: new Hankod({ ports: [port] }) });
    await signer.status({ ask: true });
    await signer.pair();
  }, desk);
  const round = (wanted) =>
    page.evaluate(async (asked) => {
      const states = [];
      const [{ select }] = await signer.certificates();
      const outcomes = await signer.sign(asked, { certificate: select }, ({ state }) => states.push(state));
      return { outcomes, states };
    }, wanted);
  const first = await round(requests);
  if (!back) return [first];
  writeFileSync(failed, "");
  while (!existsSync(back)) await page.waitForTimeout(100);
  const open = new Set(first.outcomes.filter(({ state }) => state !== "done").map(({ link }) => link));
  return [first, await round(requests.filter(({ link }) => open.has(link)))];
}
