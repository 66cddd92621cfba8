// The sender's story up to sending: enrolled by invitation, a draft with two documents, a signer, a field placed by pointer and keyboard, approved by somebody else, sent, found.

import { looker } from "../looker.mjs";
import { Clerk } from "../staff.mjs";

const settled = (page) => page.waitForFunction(() => !document.querySelector(".status.busy") && document.querySelector(".status.good, .status.bad"));
const status = (page) => page.textContent("#status");

async function draft(page, files) {
  await page.fill("#new-title", "業務委託契約書");
  await page.click("#new button");
  await page.waitForURL(/\/edit/);
  await page.waitForSelector("#edit:not([hidden])");
  await page.setInputFiles("#files", files);
  await settled(page);
  await page.locator("#documents li").nth(1).locator("select").selectOption("view");
  await page.fill("#counterparties", "見本建設株式会社");
  await page.fill("#contract_date", "2026-11-20");
  await page.fill("#amount", "１，２３４，５６７");
  await page.click("#add-signer");
  const signer = page.locator("#signers li").first();
  await page.keyboard.type("甲野太郎");
  await signer.locator("input").nth(4).fill("taro@kensetsu.example.jp");
}

/** The seal, drawn with the pointer and moved with the arrow keys. */
async function place(page) {
  await page.waitForSelector("#placing .sheet-picture");
  await page.click("#add-field");
  await page.waitForSelector(".field-mark");
  const frame = await page.locator("#placing .sheet-frame").boundingBox();
  const mark = await page.locator(".field-mark").boundingBox();
  await page.mouse.move(mark.x + mark.width / 2, mark.y + mark.height / 2);
  await page.mouse.down();
  await page.mouse.move(mark.x + mark.width / 2 + frame.width * 0.1, mark.y + mark.height / 2 + 30, { steps: 3 });
  await page.mouse.move(mark.x + mark.width / 2 + frame.width * 0.2, mark.y + mark.height / 2 + 60, { steps: 3 });
  await page.mouse.up();
  const dragged = await page.textContent("#field-said");
  await page.focus(".field-mark");
  await page.keyboard.press("ArrowRight");
  const moved = await page.textContent("#field-said");
  await page.keyboard.press("Shift+ArrowDown");
  const focused = await page.evaluate(() => document.activeElement.classList.contains("field-mark"));
  return { dragged, moved, sized: await page.textContent("#field-said"), focused };
}

/** Does an act that is offered; what is said then. */
async function act(page, name) {
  await page.click(`[data-act="${name}"]`);
  if (await page.locator("#sure[open]").count()) await page.keyboard.press("Enter");
  await settled(page);
  return status(page);
}

export default async function ({ page, context, parameters: { invitations, files, folder } }) {
  const complaints = [];
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(String(error)));
  await page.setViewportSize({ width: 1280, height: 900 });
  const kono = new Clerk(page, "kono@city.example.lg.jp");
  const otsuno = new Clerk(page, "otsuno@city.example.lg.jp");

  const joined = {};
  await kono.join(invitations[0], async () => {
    for (const width of [360, 1280]) {
      await page.setViewportSize({ width, height: 900 });
      await looker(page, folder, joined)(`office-joining-${width}`);
    }
  });
  await draft(page, files);
  const placed = await place(page);
  await page.screenshot({ path: `${folder}/edit-placed.png`, fullPage: true });
  await page.focus("#save");
  await page.keyboard.press("Enter");
  await settled(page);
  const saved = await status(page);
  await page.click("#back");
  await page.waitForSelector("[data-act]");
  const address = page.url();
  const offered = await page.locator("[data-act]").evaluateAll((buttons) => buttons.map((one) => one.dataset.act));
  const reviewed = await act(page, "review");
  await page.fill("#text", "金額を確認しました");
  const commented = await act(page, "comment");
  await kono.signOut();

  await otsuno.join(invitations[1]);
  await page.goto(address);
  await page.waitForSelector("[data-act]");
  const approverOffered = await page.locator("[data-act]").evaluateAll((buttons) => buttons.map((one) => one.dataset.act));
  const approved = await act(page, "approve");
  await otsuno.signOut();

  // Signed out: the page leads to the sign-in and back.
  await page.goto(address);
  await kono.signIn();
  const back = page.url();
  await page.waitForSelector("[data-act]");
  const sent = await act(page, "send");
  const state = await page.textContent("#state");
  const events = await page.locator("#events strong").allTextContents();

  await page.goto(`${new URL(address).origin}/console?lang=ja`);
  await page.waitForSelector("#found:not([aria-busy])");
  await page.fill("#counterparty", "見本建設");
  await page.fill("#date_from", "2026-11-01");
  await page.fill("#amount_to", "2000000");
  await page.focus("#search button");
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => document.querySelector("#csv").search.includes("counterparty"));
  const found = await page.locator("#found a").allTextContents();
  await page.check("#amount_blank");
  await page.fill("#amount_to", "");
  await page.click("#search button");
  await page.waitForSelector("#found .none");
  const csv = await page.evaluate(async () => (await fetch("/v1/contracts.csv?title=%E6%A5%AD%E5%8B%99")).text());
  // A refused call is told to the console by the browser itself: the session that was over.
  const real = complaints.filter((line) => !line.includes("401"));
  return { joined, placed, saved, offered, reviewed, commented, approverOffered, approved, back: back.startsWith(address.split("?")[0]), sent, state, events, found, csv, address, complaints: real, cookies: await context.cookies() };
}
