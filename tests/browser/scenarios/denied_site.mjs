// An allowed site, but Chromium was not told to let it reach this machine. Returns what its script saw.
import { outcome } from "../outcome.mjs";
export { options } from "../sites.mjs";

export default async function ({ page, parameters: { site, daemon, key } }) {
  await page.goto(site);
  await page.evaluate(`window.outcome = ${outcome}`);
  return page.evaluate(
    async ({ daemon, key }) => {
      const { state } = await navigator.permissions.query({ name: "loopback-network" });
      const json = { "Content-Type": "application/json" };
      return {
        state,
        health: await outcome(() => fetch(`${daemon}/health`)),
        read: await outcome(() => fetch(`${daemon}/v1/certificates`, { headers: { Authorization: `Bearer ${key}` } })),
        ask: await outcome(() => fetch(`${daemon}/v1/pairings`, { method: "POST", body: "{}", headers: json })),
        beacon: navigator.sendBeacon(`${daemon}/v1/pairings`, "{}") ? "sent" : "blocked",
      };
    },
    { daemon, key },
  );
}
