import type { Browser, Page } from "playwright-core";
import { expect } from "vitest";
import { createSpecification } from "#portal/products/index.ts";
import { firstApplicationPath, test } from "./portal-test.ts";
import type { Visitor } from "./visitor.ts";

/** Opens a visitor's pages in a browser window of a phone's width. */
async function openPhone(browser: Browser, visitor: Visitor, width: number): Promise<Page> {
  const page = await browser.newPage({ viewport: { width, height: 800 } });
  await page.route("**/*", async (route) => {
    const { pathname, search } = new URL(route.request().url());
    const { status, html, headers } = await visitor.get(`${pathname}${search}`);
    await route.fulfill({ status, body: html, contentType: String(headers["content-type"]) });
  });
  return page;
}

test("on a phone the try-out bar has one line, and on the narrowest only the bar scrolls", async ({
  browser,
  tryOut,
}) => {
  const ada = await tryOut.developer("ada");
  for (const width of [390, 360, 320]) {
    await using page = await openPhone(browser, ada, width);
    await page.goto("http://portal.example/account");
    const steps = await page.locator(".try-out li").all();
    const tops = await Promise.all(steps.map(async (step) => (await step.boundingBox())?.y));
    expect([width, tops.length, new Set(tops).size]).toEqual([width, 3, 1]);
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(width);
    const lastEnds = await steps.at(-1)?.boundingBox();
    const [term, value] = await Promise.all(
      ["dt", "dd"].map((part) => page.locator(`.facts ${part}`).last().boundingBox()),
    );
    if (width === 320) expect(value?.y).toBeGreaterThan(term?.y ?? 0); // below it, with the width of both
    if (width > 320) expect((lastEnds?.x ?? 0) + (lastEnds?.width ?? 0)).toBeLessThanOrEqual(width);
  }
});

test("on a phone the navigation has one line, with documentation and unread messages, too", async ({
  browser,
  portal,
}) => {
  const { pool, provider, clock } = portal;
  const ada = await portal.developer("ada");
  await pool.query("update providers set name = 'Wheat, Barley and Sons of the Northern Valley' where id = $1", [
    provider.id,
  ]);
  await createSpecification(pool, {
    providerId: provider.id,
    by: { actor: { kind: "key" }, channel: "api", now: clock.now() },
    values: { name: "Tides", published: true, body: '{"apis":[]}' },
    validate: () => Promise.resolve([]),
  });
  await pool.query(
    `insert into messages (provider_id, account_id, sender, subject, body)
     select $1, id, 'provider', 'Hello', 'Hello' from accounts where provider_id = $1`,
    [provider.id],
  );
  for (const width of [390, 360, 320]) {
    await using page = await openPhone(browser, ada, width);
    await page.goto("http://portal.example/account");
    const links = await page.locator(".top nav > a").all();
    const tops = await Promise.all(links.map(async (link) => (await link.boundingBox())?.y));
    expect([width, links.length, new Set(tops).size]).toEqual([width, 4, 1]);
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(width);
    const [name, logOut] = await Promise.all(
      [".top .name", ".top nav button"].map((part) => page.locator(part).boundingBox()),
    );
    expect((name?.x ?? 0) + (name?.width ?? 0)).toBeLessThan(logOut?.x ?? 0);
    expect(logOut?.y).toBeLessThan(tops[0] ?? 0);
  }
});

test("forced colours, which draw no shadows, show the present page and tab by a line", async ({ browser, portal }) => {
  const ada = await portal.developer("ada");
  await using page = await openPhone(browser, ada, 390);
  await page.emulateMedia({ forcedColors: "active" });
  await page.goto("http://portal.example/account");
  const lines = `[...document.querySelectorAll("[aria-current]")].map((each) => getComputedStyle(each).borderBlockEndWidth)`;
  expect(await page.evaluate(lines)).toEqual(["2px", "2px"]);
});

test("on a phone a user's state is beside the name, even with a long email address", async ({ browser, portal }) => {
  const ada = await portal.developer("ada");
  await portal.pool.query("update users set email = $2 where provider_id = $1", [
    portal.provider.id,
    "ada.of.the.longer.name@tallow.example",
  ]);
  await using page = await openPhone(browser, ada, 390);
  await page.goto("http://portal.example/account/users");
  const name = await page.locator(".list strong").boundingBox();
  const state = await page.locator(".list .state").boundingBox();
  expect(Math.abs((name?.y ?? 0) - (state?.y ?? 99))).toBeLessThan(12);
});

test("on a phone the actions on a pending user have one line", async ({ browser, portal }) => {
  const ada = await portal.developer("ada");
  await portal.pool.query(
    `insert into users (provider_id, account_id, username, email, state)
     select provider_id, account_id, 'bob', 'bob@tallow.example', 'pending' from users where provider_id = $1`,
    [portal.provider.id],
  );
  await using page = await openPhone(browser, ada, 360);
  await page.goto("http://portal.example/account/users");
  const actions = await page.locator(".list li", { hasText: "bob" }).locator(".links a").all();
  const tops = await Promise.all(actions.map(async (action) => (await action.boundingBox())?.y));
  expect([actions.length, new Set(tops).size]).toEqual([4, 1]);
});

test("on a phone the actions on a key have one line, below its age", async ({ browser, portal }) => {
  const ada = await portal.developer("ada");
  await portal.pool.query("update products set backend_version = '2' where provider_id = $1", [portal.provider.id]);
  const keys = `${await firstApplicationPath(ada)}/keys`;
  for (const _ of ["the first", "one that can be deleted"]) await ada.submit(keys);
  const inLongMonth = "update application_keys set created_at = '2025-09-30' where provider_id = $1";
  await portal.pool.query(inLongMonth, [portal.provider.id]);
  await using page = await openPhone(browser, ada, 360);
  await page.goto(`http://portal.example${keys}`);
  const parts = await page.locator(".list li:first-child .links > *").all();
  const tops = await Promise.all(parts.map(async (part) => (await part.boundingBox())?.y ?? 0));
  const [age = 0, regenerate = 0, remove] = tops;
  expect([parts.length, regenerate > age + 12, remove]).toEqual([3, true, regenerate]);
});

test("on a phone the search of a form's plans is beside its button, and its pages are apart from the next field", async ({
  browser,
  portal,
}) => {
  const ada = await portal.developer("ada");
  await portal.pool.query("update products set buyer_can_select_plan = true where provider_id = $1", [
    portal.provider.id,
  ]);
  await portal.pool.query(
    `insert into plans (provider_id, kind, product_id, name, system_name, state)
     select provider_id, 'application_plan', id, 'Tier ' || n, 'tier_' || n, 'published'
     from products, generate_series(1, 150) as n where provider_id = $1`,
    [portal.provider.id],
  );
  await using page = await openPhone(browser, ada, 360);
  await page.goto("http://portal.example/applications/new");
  const [input, button, pages, label] = await Promise.all(
    [".search input", ".search button", "form .links", "label[for=plan_id]"].map((part) =>
      page.locator(part).first().boundingBox(),
    ),
  );
  expect(Math.abs((input?.y ?? 0) - (button?.y ?? 99))).toBeLessThan(12);
  expect((label?.y ?? 0) - (pages?.y ?? 0) - (pages?.height ?? 0)).toBeGreaterThanOrEqual(12);
});

test("on a phone an invitation's state is beside its date, below the email address", async ({ browser, portal }) => {
  const ada = await portal.developer("ada");
  await using page = await openPhone(browser, ada, 390);
  for (const email of ["b@x.example", "bob.of.the.longer.name@tallow.example"]) {
    await ada.submit("/account/invitations", { email });
    await page.goto("http://portal.example/account/invitations");
    const line = page.locator(".list li", { hasText: email });
    const tops = await Promise.all(
      ["strong", ".aside", ".state"].map(async (part) => (await line.locator(part).boundingBox())?.y ?? 0),
    );
    const [address = 0, date = 0, state = 0] = tops;
    expect([email, date - address > 12, Math.abs(state - date) < 12]).toEqual([email, true, true]);
  }
});

test("the lines of an application's description are shown as they were typed", async ({ browser, portal }) => {
  const ada = await portal.developer("ada");
  const application = await firstApplicationPath(ada);
  await ada.submit(`${application}/edit`, { name: "Shop", description: "Sells candles\r\nand soap" });
  await using page = await openPhone(browser, ada, 390);
  await page.goto(`http://portal.example${application}`);
  expect(await page.locator(".facts dd", { hasText: "candles" }).innerText()).toBe("Sells candles\nand soap");
});
