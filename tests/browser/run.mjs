// Runs one scenario in the system's Chromium: {"scenario", "parameters"} on stdin, what the scenario returns as JSON on stdout.
// A scenario's default export gets {browser, context, page, parameters}; its optional `options(parameters)` adds
// Chromium arguments and permissions: {args: [], permissions: []}.
import { chromium } from "playwright-core";

const DEADLINE_MS = 120_000;
const ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-dev-shm-usage",
  "--disable-sync",
];

async function readQuestion() {
  const chunks = [];
  for await (const chunk of process.stdin) chunks.push(chunk);
  return JSON.parse(Buffer.concat(chunks).toString("utf8"));
}

async function main() {
  const { scenario, parameters } = await readQuestion();
  const module = await import(new URL(`scenarios/${scenario}`, import.meta.url));
  const { args = [], permissions = [] } = module.options?.(parameters) ?? {};
  const browser = await chromium.launch({
    executablePath: process.env.HANKOD_CHROMIUM ?? "/usr/bin/chromium",
    headless: true,
    args: [...ARGUMENTS, ...args],
  });
  const deadline = setTimeout(() => fail(new Error(`no end after ${DEADLINE_MS} ms`)), DEADLINE_MS);
  try {
    const context = await browser.newContext({ permissions, acceptDownloads: true, locale: "ja-JP" });
    const page = await context.newPage();
    context.on("console", (message) => console.error(`console: ${message.text()}`));
    page.on("pageerror", (error) => console.error(`page error: ${error}`));
    const result = await module.default({ browser, context, page, parameters });
    process.stdout.write(JSON.stringify(result ?? null));
  } finally {
    clearTimeout(deadline);
    await browser.close();
  }
}

function fail(error) {
  console.error(error.stack ?? String(error));
  process.exit(1);
}

main().catch(fail);
