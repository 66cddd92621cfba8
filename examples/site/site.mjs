// A contract site of another origin: offers the PDFs of a folder, takes the signed ones back, and believes nothing that it has not checked.
//   node examples/site/site.mjs --port 10808 --folder CONTRACTS [--hankod PROGRAM] [--ports 10805] [--key server.pem] -- --trust ca.pem --offline
// What stands after `--` goes to `hankod verify`, which judges the signatures. With a key (Ed25519) this server signs each request (backend_key).
import { spawnSync } from "node:child_process";
import { createHash, randomUUID, sign } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { parseArgs } from "node:util";

const MAX_BODY_BYTES = 64 << 20;
const [type, sha256] = ["string", (bytes) => createHash("sha256").update(bytes).digest("hex")];
const options = { port: { type }, folder: { type }, hankod: { type, default: "hankod" }, ports: { type, default: "10805" }, key: { type } };
const { values, positionals } = parseArgs({ allowPositionals: true, options });
const names = readdirSync(values.folder).filter((name) => name.endsWith(".pdf")).sort();
const originals = names.map((name) => readFileSync(`${values.folder}/${name}`));
const here = (file) => readFileSync(new URL(file, import.meta.url));

/** Ours, unchanged up to its end, with one valid signature more and nothing besides. */
function check(original, signed) {
  if (!signed.subarray(0, original.length).equals(original)) return "not our document";
  const folder = mkdtempSync(`${tmpdir()}/site-`);
  writeFileSync(`${folder}/signed.pdf`, signed);
  const said = spawnSync(values.hankod, ["verify", `${folder}/signed.pdf`, "--format", "json", ...positionals], { encoding: "utf8" });
  rmSync(folder, { recursive: true });
  const [only, ...more] = JSON.parse(said.stdout).files[0].signatures.filter(({ kind }) => kind === "signature");
  const good = only && more.length === 0 && only.verdict === "TOTAL-PASSED" && only.coverage !== "partial" && only.changes === "none";
  return good ? "signed" : `not validly signed: ${only?.verdict ?? "no signature"}`;
}

/** Agrees to a request for our own documents, whatever the page says of them. */
function authorised({ target, manifest, returnUrl }, origin) {
  const asked = JSON.parse(manifest).documents;
  if (JSON.stringify(asked) !== JSON.stringify(names.map((name) => ({ name })))) throw new Error("not our documents");
  const [nonce, time] = [randomUUID(), new Date().toISOString()];
  const lines = ["hankod-request-1", target, origin, nonce, time, `manifest ${sha256(manifest)}`];
  if (returnUrl) lines.push(`return_url ${origin}/signed`);
  const text = lines.concat(originals.map((original) => `document ${sha256(original)}`)).join("\n");
  return { nonce, time, signature: sign(null, Buffer.from(text), readFileSync(values.key)).toString("base64") };
}

async function taken(form) {
  const signed = await Promise.all(form.getAll("document").map(async (part) => Buffer.from(await part.arrayBuffer())));
  return originals.map((original, n) => `${names[n]}: ${signed[n] ? check(original, signed[n]) : "missing"}`);
}

createServer(async (request, response) => {
  const answer = (status, kind, body) => response.writeHead(status, { "Content-Type": `${kind}; charset=utf-8` }).end(body);
  const json = (value) => answer(200, "application/json", JSON.stringify(value));
  const { pathname } = new URL(request.url, "http://site");
  const offered = /^\/contracts\/(\d+)$/.exec(pathname);
  const body = () => new Response(request, { headers: { "Content-Type": request.headers["content-type"] } });
  try {
    if (request.method === "POST" && !(request.headers["content-length"] <= MAX_BODY_BYTES)) throw new Error("too large");
    if (request.method === "POST" && pathname === "/signed") answer(200, "text/plain", (await taken(await body().formData())).join("\n"));
    else if (request.method === "POST" && pathname === "/authorise") json(values.key ? authorised(await body().json(), request.headers.origin) : null);
    else if (pathname === "/") answer(200, "text/html", here("index.html"));
    else if (pathname === "/hankod.js") answer(200, "text/javascript", here("../../src/console/hankod.js"));
    else if (pathname === "/offer.json") json({ names, ports: values.ports.split(",").map(Number) });
    else if (offered && originals[offered[1]]) answer(200, "application/pdf", originals[offered[1]]);
    else answer(404, "text/plain", "");
  } catch (error) {
    answer(400, "text/plain", error.message);
  }
}).listen(Number(values.port ?? 10808), "127.0.0.1", function () { console.log(`http://localhost:${this.address().port}/`); });
