// Opens a page, types into its field, posts the form, and tells the titles before and after.
export default async function ({ page, parameters }) {
  await page.goto(parameters.url);
  const before = await page.title();
  await page.fill("input[name=name]", parameters.name);
  await Promise.all([page.waitForURL("**/posted"), page.click("button")]);
  return { before, after: await page.title() };
}
