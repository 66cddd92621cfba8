// A contract site of another origin: offers the PDFs of a folder, takes the signed ones back, and believes nothing that it has not checked.
//   node examples/site/site.mjs --port 10808 --folder CONTRACTS [--hankod PROGRAM] [--ports 10805] -- --trust ca.pem --offline
// What stands after `--` goes to `hankod verify`, which judges the signatures on this server.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

const MAX_BODY_BYTES = 64 << 20;
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    port: { type: "string", default: "10808" },
    folder: { type: "string", default: "." },
    hankod: { type: "string", default: "hankod" },
    ports: { type: "string", default: "10805" },
  },
});
const names = readdirSync(values.folder).filter((name) => name.endsWith(".pdf")).sort();
const originals = names.map((name) => readFileSync(join(values.folder, name)));
const here = (file) => readFileSync(new URL(file, import.meta.url));

/** Ours, unchanged up to its end, with one valid signature more and nothing besides. */
function check(original, signed) {
  if (!signed.subarray(0, original.length).equals(original)) return "not our document";
  const folder = mkdtempSync(join(tmpdir(), "site-"));
  writeFileSync(join(folder, "signed.pdf"), signed);
  const said = spawnSync(values.hankod, ["verify", join(folder, "signed.pdf"), "--format", "json", ...positionals], { encoding: "utf8" });
  rmSync(folder, { recursive: true });
  const [only, ...more] = JSON.parse(said.stdout).files[0].signatures.filter(({ kind }) => kind === "signature");
  const good = only && more.length === 0 && only.verdict === "TOTAL-PASSED" && only.coverage !== "partial" && only.changes === "none";
  return good ? "signed" : `not validly signed: ${only?.verdict ?? "no signature"}`;
}

async function taken(request) {
  const chunks = [];
  let bytes = 0;
  for await (const chunk of request) {
    if ((bytes += chunk.length) > MAX_BODY_BYTES) throw new Error("too large");
    chunks.push(chunk);
  }
  const form = await new Response(Buffer.concat(chunks), { headers: { "Content-Type": request.headers["content-type"] } }).formData();
  const signed = await Promise.all(form.getAll("document").map(async (part) => Buffer.from(await part.arrayBuffer())));
  return originals.map((original, n) => `${names[n]}: ${signed[n] ? check(original, signed[n]) : "missing"}`);
}

const server = createServer(async (request, response) => {
  const answer = (status, kind, body) => response.writeHead(status, { "Content-Type": `${kind}; charset=utf-8` }).end(body);
  const { pathname } = new URL(request.url, "http://site");
  const offered = /^\/contracts\/(\d+)$/.exec(pathname);
  try {
    // A site with accounts puts an unguessable mark of the order into this address: the form comes without its cookies.
    if (request.method === "POST" && pathname === "/signed") answer(200, "text/plain", (await taken(request)).join("\n"));
    else if (pathname === "/") answer(200, "text/html", here("index.html"));
    else if (pathname === "/hankod.js") answer(200, "text/javascript", here("../../src/console/hankod.js"));
    else if (pathname === "/offer.json") answer(200, "application/json", JSON.stringify({ names, ports: values.ports.split(",").map(Number) }));
    else if (offered && originals[offered[1]]) answer(200, "application/pdf", originals[offered[1]]);
    else answer(404, "text/plain", "");
  } catch (error) {
    answer(400, "text/plain", error.message);
  }
});
server.listen(Number(values.port), "127.0.0.1", () => console.log(`http://localhost:${server.address().port}/`));
