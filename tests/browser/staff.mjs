// A person of the sender's: the telephone that makes codes (RFC 6238), and the pages on which they enrol and sign in.

import { createHmac } from "node:crypto";

const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
export const PASSWORD = "himitsu-no-aikotoba";

function code(secret, step) {
  const bits = [...secret.replaceAll(" ", "")].map((c) => DIGITS.indexOf(c).toString(2).padStart(5, "0")).join("");
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const mac = createHmac("sha1", key).update(counter).digest();
  return String((mac.readUInt32BE(mac[19] & 15) & 0x7fffffff) % 1e6).padStart(6, "0");
}

export class Clerk {
  #step = 0;
  #secret;

  constructor(page, address) {
    Object.assign(this, { page, address });
  }

  /** One that was not used yet. */
  #next() {
    const now = Math.floor(Date.now() / 30_000);
    this.#step = Math.max(this.#step + 1, now - 1);
    return code(this.#secret, this.#step);
  }

  /** Takes an invitation up: reads the key from the page, as a person does. `before` may look at the page. */
  async join(invitation, before) {
    const { page } = this;
    await page.goto(invitation);
    await page.waitForSelector("#join:not([hidden])");
    await before?.();
    this.#secret = await page.textContent("#secret");
    await page.fill("#code", this.#next());
    await page.fill("#word", PASSWORD);
    await page.fill("#again", PASSWORD);
    await page.click("#go");
    await page.waitForURL(/\/console\?/);
    await page.waitForSelector("#me:not([hidden])");
  }

  /** Signs in with the keyboard alone, on the page where it stands. */
  async signIn() {
    const { page } = this;
    await page.waitForURL(/\/console\/sign-in/);
    await page.focus("#address");
    await page.keyboard.type(this.address);
    await page.keyboard.press("Tab");
    await page.keyboard.type(PASSWORD);
    await page.keyboard.press("Tab");
    await page.keyboard.type(this.#next());
    await page.keyboard.press("Enter");
    await page.waitForURL((url) => !url.pathname.endsWith("/sign-in"));
    await page.waitForSelector("#me:not([hidden])");
  }

  async signOut() {
    await this.page.click("#sign-out");
    await this.page.waitForURL(/\/console\/sign-in/);
    // The page has its words: leaving it now breaks nothing off.
    await this.page.waitForLoadState("networkidle");
  }
}
