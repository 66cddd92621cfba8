// What `hankod.status()` says in each situation that a page can be in.
export { options } from "../sites.mjs";

const CORS = { "Access-Control-Allow-Origin": "*", "Access-Control-Allow-Headers": "authorization" };

export default async function ({ context, page, parameters: { site, plain, granted, daemon, port, closed } }) {
  const ask = (page, ports, how) =>
    page.evaluate(
      async ({ ports, how }) => {
        const { Hankod } = await import("/hankod.js");
        const { status, message } = await new Hankod({ ports }).status(how);
        return message.ja && message.en ? status : "no words";
      },
      { ports, how },
    );
  await page.goto(site);
  if (!granted) return { denied: await ask(page, [port], { ask: true }) };

  const seen = { alone: await ask(page, [closed]), stranger: await ask(page, [port]) };
  const insecure = await context.newPage();
  await insecure.goto(plain);
  seen.insecure = await ask(insecure, [port]);

  const unasked = await context.newPage();
  await unasked.addInitScript(() => (navigator.permissions.query = async () => ({ state: "prompt" })));
  await unasked.goto(site);
  seen.unasked = await ask(unasked, [port]);
  seen.clicked = await ask(unasked, [port], { ask: true });

  await page.evaluate(async (ports) => {
    const { Hankod } = await import("/hankod.js");
    await new Hankod({ ports }).pair();
  }, [port]);
  seen.allowed = await ask(page, [closed, port]);
  // A daemon without cards, and one of another time.
  await page.route(`${daemon}/v1/tokens`, (route) => route.fulfill({ json: [], headers: CORS }));
  seen.empty = await ask(page, [port]);
  await page.route(`${daemon}/health`, (route) => route.fulfill({ json: { name: "hankod", api: ["v0"] }, headers: CORS }));
  seen.old = await ask(page, [port]);
  // Somebody else on the port: answers, and cannot prove that it gave out the key.
  await page.unrouteAll();
  await page.route(`${daemon}/health?*`, (route) => route.fulfill({ json: { name: "hankod", api: ["v1"], proofs: [{ pairing: "a", hmac: "00" }] }, headers: CORS }));
  seen.impostor = await ask(page, [port]);
  return seen;
}
