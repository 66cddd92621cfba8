// What a site's own script does with hankod: asks to be allowed, proves the daemon, signs. It runs inside the page, so it stands alone.

export async function pairAndSign({ daemon, holder, documents }) {
  const seen = { health: await (await fetch(`${daemon}/health`)).json() };

  const asked = await (await post("/v1/pairings", JSON.stringify({}), { "Content-Type": "application/json" })).json();
  seen.code = asked.code;
  let pairing;
  do {
    await new Promise((later) => setTimeout(later, 50));
    pairing = await (await fetch(`${daemon}/v1/pairings/${asked.id}`)).json();
  } while (pairing.state === "pending");
  seen.pairing = pairing.state;
  const key = pairing.key;
  seen.key = key;
  const bearer = { Authorization: `Bearer ${key}` };

  const nonce = crypto.randomUUID();
  const { proofs } = await (await fetch(`${daemon}/health?nonce=${nonce}`)).json();
  const expected = await hmac(key, `${nonce}\0${location.origin}\0${new URL(daemon).port}`);
  seen.proven = proofs.some((proof) => proof.hmac === expected);

  seen.tokens = await (await fetch(`${daemon}/v1/tokens`, { headers: bearer })).json();
  const certificates = await (await fetch(`${daemon}/v1/certificates`, { headers: bearer })).json();
  seen.holders = certificates.map((certificate) => certificate.name);
  const certificate = certificates.find(({ name }) => name === holder).select;

  const form = new FormData();
  const manifest = { sign: { certificate }, documents: documents.map(({ name }) => ({ name })) };
  form.append("manifest", new Blob([JSON.stringify(manifest)], { type: "application/json" }));
  for (const { name, base64 } of documents) {
    const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
    form.append("document", new Blob([bytes], { type: "application/pdf" }), name);
  }
  seen.signing = await (await post("/v1/signings", form, { ...bearer, Prefer: "wait=60" })).json();

  for (const { signed } of seen.signing.documents.filter((document) => document.signed)) {
    const answer = await fetch(daemon + signed, { headers: bearer });
    const link = document.createElement("a");
    link.href = URL.createObjectURL(await answer.blob());
    link.download = decodeURIComponent(answer.headers.get("content-disposition").split("UTF-8''")[1]);
    link.textContent = link.download;
    document.body.append(link);
  }
  return seen;

  function post(path, body, headers) {
    return fetch(daemon + path, { method: "POST", body, headers });
  }

  async function hmac(secret, text) {
    const bytes = (words) => new TextEncoder().encode(words);
    const algorithm = { name: "HMAC", hash: "SHA-256" };
    const imported = await crypto.subtle.importKey("raw", bytes(secret), algorithm, false, ["sign"]);
    const mac = new Uint8Array(await crypto.subtle.sign("HMAC", imported, bytes(text)));
    return Array.from(mac, (byte) => byte.toString(16).padStart(2, "0")).join("");
  }
}
