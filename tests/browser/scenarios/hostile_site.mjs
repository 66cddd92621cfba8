// A site that nobody allowed tries every way to the daemon that a browser has. Returns what each attempt learnt.
import { outcome } from "../outcome.mjs";
export { options } from "../sites.mjs";

export default async function ({ context, page, parameters: { site, frame, daemon, rebound, stolen } }) {
  // The person has the daemon's own page open in another tab: its cookie is there, its script is not run here.
  await context.request.get(`${daemon}/`);
  const cookie = (await context.cookies(daemon)).length === 1;

  await context.addInitScript(`window.outcome = ${outcome}`);
  await page.goto(site);
  const attempts = await page.evaluate(byScript, { daemon, stolen });
  Object.assign(attempts, await framed(page, daemon));
  Object.assign(attempts, await fromFrame(page, { frame, daemon, stolen }));
  attempts["form to sign"] = await byForm(context, site, `${daemon}/v1/signings`, "multipart/form-data");
  attempts["form to ask to be allowed"] = await byForm(context, site, `${daemon}/v1/pairings`, "text/plain");
  attempts["reach into the opened page"] = await page.evaluate(reachInto, `${daemon}/openapi.json`);

  // The page came from the attacker's server; from then on the name leads here.
  await page.route(`${rebound}/`, (route) => route.fulfill({ contentType: "text/html", body: "<title>evil</title>" }));
  await page.goto(`${rebound}/`);
  await page.unroute(`${rebound}/`);
  Object.assign(attempts, await page.evaluate(rebind, { stolen }));
  return { cookie, attempts };
}

async function byScript({ daemon, stolen }) {
  const signings = `${daemon}/v1/signings`;
  const pairings = `${daemon}/v1/pairings`;
  const bearer = { Authorization: `Bearer ${stolen}` };
  const form = () => {
    const form = new FormData();
    form.append("manifest", new Blob([JSON.stringify({ documents: [{ name: "a.pdf" }] })], { type: "application/json" }));
    form.append("document", new Blob(["%PDF-1.7"], { type: "application/pdf" }), "a.pdf");
    return form;
  };
  const load = (element, address) =>
    new Promise((settle) => {
      element.onload = () => settle("loaded");
      element.onerror = () => settle("blocked");
      element.src = address;
      document.head.append(element);
    });
  const events = new EventSource(`${daemon}/v1/events`, { withCredentials: true });
  const opened = new Promise((settle) => {
    events.onopen = () => settle("open");
    events.onerror = () => settle("blocked");
  });
  const post = (address, init) => outcome(() => fetch(address, { method: "POST", ...init }));
  return {
    "read without a key": await outcome(() => fetch(`${daemon}/v1/certificates`)),
    "read with the cookie": await outcome(() => fetch(`${daemon}/v1/tokens`, { credentials: "include" })),
    "read with another site's key": await outcome(() => fetch(`${daemon}/v1/tokens`, { headers: bearer })),
    "read without CORS": await outcome(() => fetch(`${daemon}/v1/tokens`, { mode: "no-cors", credentials: "include" })),
    "sign with another site's key": await post(signings, { body: form(), headers: bearer }),
    "sign with the cookie as a simple request": await post(signings, { body: form(), credentials: "include" }),
    "sign without CORS": await post(signings, { body: form(), mode: "no-cors", credentials: "include" }),
    "ask to be allowed as text/plain": await post(pairings, { body: "{}" }),
    "ask to be allowed without CORS": await post(pairings, { body: "{}", mode: "no-cors" }),
    "beacon of a form": navigator.sendBeacon(signings, form()) ? "sent" : "refused",
    "beacon of text": navigator.sendBeacon(pairings, "{}") ? "sent" : "refused",
    "events with the cookie": await opened,
    "the page as a script": await load(document.createElement("script"), `${daemon}/`),
    "a file of the page as a script": await load(document.createElement("script"), `${daemon}/assets/desk.js`),
    "a file of the page as a picture": await load(document.createElement("img"), `${daemon}/assets/icon.svg`),
  };
}

async function framed(page, daemon) {
  const shown = async (address) => {
    const inner = await page.evaluateHandle((address) => {
      const element = document.createElement("iframe");
      element.src = address;
      return new Promise((settle) => {
        element.onload = () => settle(element);
        document.body.append(element);
      });
    }, address);
    const frame = await inner.contentFrame();
    return frame.url().startsWith("chrome-error:") ? "blocked" : `shown: ${await frame.content()}`;
  };
  return {
    "the page in a frame": await shown(`${daemon}/`),
    "a confirmation in a frame": await shown(`${daemon}/confirm/0123456789abcdef`),
  };
}

async function fromFrame(page, { frame: address, daemon, stolen }) {
  const inner = await page.evaluateHandle((address) => {
    const element = document.createElement("iframe");
    element.src = address;
    return new Promise((settle) => {
      element.onload = () => settle(element);
      document.body.append(element);
    });
  }, address);
  const frame = await inner.contentFrame();
  return frame.evaluate(
    async ({ daemon, stolen }) => {
      const headers = { Authorization: `Bearer ${stolen}` };
      return {
        "read from a frame of another origin": await outcome(() => fetch(`${daemon}/v1/tokens`, { headers })),
        "sign from a frame of another origin": await outcome(() =>
          fetch(`${daemon}/v1/signings`, { method: "POST", body: new FormData(), headers }),
        ),
      };
    },
    { daemon, stolen },
  );
}

/** A form that navigates a tab of its own; what the tab then shows. */
async function byForm(context, site, action, enctype) {
  const tab = await context.newPage();
  await tab.goto(site);
  const answered = tab.waitForResponse(action);
  await tab.evaluate(
    ({ action, enctype }) => {
      const form = Object.assign(document.createElement("form"), { action, enctype, method: "post" });
      form.append(Object.assign(document.createElement("input"), { name: "{}", value: "" }));
      document.body.append(form);
      form.submit();
    },
    { action, enctype },
  );
  const answer = await answered;
  // Where a browser asked for a page, the code stands in it.
  const told = (answer.headers()["content-type"] ?? "").startsWith("text/html");
  const error = told ? await tab.textContent("code") : (await answer.json()).error;
  await tab.close();
  return `${answer.status()} ${error}`;
}

async function reachInto(address) {
  const opened = open(address);
  // Cut off by Cross-Origin-Opener-Policy as soon as the answer is there.
  while (!opened.closed) {
    try {
      if (opened.document.URL !== "about:blank") return opened.document.body.textContent;
    } catch {
      return "blocked";
    }
    await new Promise((later) => setTimeout(later, 20));
  }
  return "blocked";
}

async function rebind({ stolen }) {
  const headers = { Authorization: `Bearer ${stolen}` };
  return {
    "rebound health": await outcome(() => fetch("/health")),
    "rebound page": await outcome(() => fetch("/")),
    "rebound read": await outcome(() => fetch("/v1/tokens", { credentials: "include" })),
    "rebound read with another site's key": await outcome(() => fetch("/v1/tokens", { headers })),
    "rebound sign": await outcome(() => fetch("/v1/signings", { method: "POST", body: new FormData(), headers })),
  };
}
