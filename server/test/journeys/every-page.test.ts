import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Page } from "playwright-core";
import { expect } from "vitest";
import type { Pool } from "#platform/database/database.ts";
import { type ApiResponse, type BellwireApi, sendRequest, valueAt } from "../chaos/api-client.ts";
import { findViolations } from "../support/find-violations.ts";
import { startReceiver } from "../support/receiver.ts";
import { runBellwire } from "../support/run-bellwire.ts";
import { until } from "../support/until.ts";
import { test } from "../support/test-of-starts.ts";
import { KeyboardVisitor, openWithinPortal } from "./keyboard.ts";

/** With a folder in this variable, the test also saves a picture of each page in three widths and two themes. */
const pictures = process.env["BELLWIRE_PICTURES"];
const widths = pictures === undefined ? [1440] : [1440, 768, 390];

const routes = fileURLToPath(new URL("../../../web/src/router.tsx", import.meta.url));

interface Objects {
  readonly account: number;
  readonly user: number;
  readonly application: number;
  readonly product: number;
  readonly plan: number;
  readonly endpoint: number;
  readonly event: string;
  readonly delivery: string;
  /** Another delivery, which stays failed. */
  readonly failed: string;
  readonly message: number;
}

/** A name, and the response of a receiver, without a place where a line may break. */
const crm = `crm-${"N".repeat(96)}`;
const unbroken = "x".repeat(3000);

/** Parameters of pages by route. */
const addresses = (objects: Objects): Readonly<Record<string, string>> => ({
  "/endpoints/$id": `/endpoints/${objects.endpoint}`,
  "/accounts/$id": `/accounts/${objects.account}`,
  "/accounts/$id/history": `/accounts/${objects.account}/history`,
  "/accounts/$accountId/users/$id": `/accounts/${objects.account}/users/${objects.user}`,
  "/accounts/$accountId/applications/$id": `/accounts/${objects.account}/applications/${objects.application}`,
  "/accounts/$accountId/applications/$id/history": `/accounts/${objects.account}/applications/${objects.application}/history`,
  "/products/$id": `/products/${objects.product}`,
  "/products/$productId/plans/$id": `/products/${objects.product}/plans/${objects.plan}`,
  "/deliveries/$id": `/deliveries/${objects.delivery}`,
  "/events/$id": `/events/${objects.event}`,
  "/messages/$id": `/messages/${objects.message}`,
});

/** Pages behind a tab or a filter. */
const morePages = (objects: Objects): readonly string[] => [
  ...["deliveries", "settings", "secret", "test"].map((tab) => `/endpoints/${objects.endpoint}?tab=${tab}`),
  `/deliveries/${objects.failed}`,
  "/failures?view=list",
  "/deliveries?state=failed&since=-1d",
  `/mails?q=activate&account_id=${objects.account}`,
  "/audit-log?subject=job&since=-1d",
  "/messages?box=sent",
];

const creditCard = {
  credit_card_token: "token",
  credit_card_expiration_year: "2030",
  credit_card_expiration_month: "5",
  billing_address_name: "Mira",
  billing_address_address: "1 Quay Street",
  billing_address_city: "Harbour",
  billing_address_country: "IE",
};

type Send = (method: string, path: string, body?: Readonly<Record<string, unknown>>) => Promise<ApiResponse>;

/** Adds metrics with limits and prices to the product's first application plan. Returns the plan. */
async function addTerms(send: Send, product: number): Promise<number> {
  const [plans, metrics] = await Promise.all([
    send("GET", `/admin/api/services/${product}/application_plans.json`),
    send("GET", `/admin/api/services/${product}/metrics.json`),
  ]);
  const plan = Number(valueAt(plans.body, "plans", 0, "application_plan", "id"));
  const hits = Number(valueAt(metrics.body, "metrics", 0, "metric", "id"));
  const named = { friendly_name: crm, description: unbroken.slice(0, 400) };
  const method = await send("POST", `/admin/api/services/${product}/metrics/${hits}/methods.json`, named);
  const metric = { friendly_name: "Megabytes", unit: crm };
  await send("POST", `/admin/api/services/${product}/metrics.json`, metric);
  const long = Number(valueAt(method.body, "method", "id"));
  const terms = `/admin/api/application_plans/${plan}/metrics`;
  await send("POST", `${terms}/${hits}/limits.json`, { period: "minute", value: 100 });
  await send("POST", `${terms}/${long}/limits.json`, { period: "eternity", value: 999_999_999_999 });
  await send("POST", `${terms}/${long}/pricing_rules.json`, { min: 1, max: 10_000, cost_per_unit: "0.0125" });
  await send("POST", `${terms}/${long}/pricing_rules.json`, { min: 10_001, cost_per_unit: "0.01" });
  return plan;
}

/** Creates healthy, slow and failing endpoints, developers of several kinds, failures, a job, a token and an invitation. */
async function fillPortal(api: BellwireApi, refusing: string, slow: string): Promise<Omit<Objects, "message">> {
  const send: Send = async (method, path, body) => {
    const answer = await sendRequest(api, method, path, body);
    expect(answer, `${method} ${path}: ${JSON.stringify(answer.body)}`).toMatchObject({
      status: expect.toSatisfy((status) => status < 300),
    });
    return answer;
  };
  const switched = { provider_actions: true, all_actors: true, active: true };
  const endpoints = await send("GET", "/api/v1/endpoints");
  await send("PATCH", `/api/v1/endpoints/${Number(valueAt(endpoints.body, "data", 0, "id"))}`, switched);
  const refused = {
    name: crm,
    description: crm.repeat(4),
    url: refusing,
    event_types: ["account.created", "account.updated", "user.created"],
    retry_waits_seconds: [],
  };
  const created = await send("POST", "/api/v1/endpoints", { ...refused, ...switched });
  await send("POST", "/api/v1/endpoints", { name: "warehouse", url: slow, event_types: ["*"], ...switched });
  const label = "L".repeat(200);
  await send("POST", "/admin/api/fields_definitions.json", { target: "Account", name: "motto", label });
  const names = ["Harbour & Sons", "Quay Books", "Ferry Lines", "Silent Reef", "Lighthouse Analytics GmbH & Co. KG"];
  const accounts: ApiResponse[] = [];
  for (const [at, org_name] of names.entries()) {
    const user = { username: `mira${at}`.padEnd(40, "a"), email: `mira${at}@harbour.example` };
    accounts.push(await send("POST", "/admin/api/signup.json", { org_name, ...user }));
  }
  const account = Number(valueAt(accounts[0]?.body, "account", "id"));
  await send("PUT", `/admin/api/accounts/${account}.json`, { org_name: "Harbour & Daughters" });
  await send("PUT", `/admin/api/accounts/${account}/credit_card.json`, creditCard);
  const [users, applications, products] = await Promise.all([
    send("GET", `/admin/api/accounts/${account}/users.json`),
    send("GET", `/admin/api/accounts/${account}/applications.json`),
    send("GET", "/admin/api/services.json"),
  ]);
  const product = Number(valueAt(products.body, "services", 0, "service", "id"));
  const specification = { name: crm, description: unbroken.slice(0, 400), body: '{"apis":[]}', published: true };
  await send("POST", "/admin/api/active_docs.json", { ...specification, service_id: product });
  await send("POST", "/admin/api/active_docs.json", {
    ...specification,
    name: "Tides",
    description: "",
    published: false,
  });
  for (const [owner, kind] of [
    ["features", "account_plan"],
    [`services/${product}/features`, "application_plan"],
  ] as const) {
    const feature = await send("POST", `/admin/api/${owner}.json`, { name: label, description: crm.repeat(4) });
    const { body: plans } = await send("GET", `/admin/api/${kind}s.json`);
    const path = `/admin/api/${kind}s/${Number(valueAt(plans, "plans", 0, kind, "id"))}/features.json`;
    await send("POST", path, { feature_id: valueAt(feature.body, "feature", "id") });
  }
  const failures = async (): Promise<ApiResponse> => send("GET", "/api/v1/failures?limit=2");
  await until(async () => valueAt((await failures()).body, "data", 1) !== undefined);
  const { body } = await failures();
  const failure = (at: number): string => String(valueAt(body, "data", at, "delivery_id"));
  const delivery = failure(0);
  await send("POST", "/api/v1/jobs", { kind: "export", of: "events", filter: {} });
  return {
    account,
    plan: await addTerms(send, product),
    user: Number(valueAt(users.body, "users", 0, "user", "id")),
    application: Number(valueAt(applications.body, "applications", 0, "application", "id")),
    product,
    endpoint: Number(valueAt(created.body, "id")),
    event: delivery.split(".")[0] ?? "",
    delivery,
    failed: failure(1),
  };
}

/** Inserts an unread and an answered message of an account, and an answer. Returns the id of the unread one. */
async function addMessages(database: Pool, accountId: number): Promise<number> {
  const [message] = await database.query<{ id: number }>(
    `insert into messages (provider_id, account_id, sender, user_id, subject, body, read_at)
     select provider_id, id, sender, null, subject, $2, read_at
     from accounts, (values ('account', $3, null), ('account', 'Prices', now()), ('provider', 'Re: Prices', null))
       as written (sender, subject, read_at)
     where id = $1
     returning id`,
    [accountId, `Hello,\n\n${unbroken}\n\nMira`, crm],
  );
  return message?.id ?? 0;
}

/** Opens alerts as the minutely evaluation does, without waiting for it. */
async function openAlert(database: Pool, endpointId: number): Promise<void> {
  for (const [kind, state, sentence] of [
    ["success_rate", "open", "It delivers 0 % of its attempts, below 90 %."],
    ["oldest_waiting", "closed", "A delivery has waited for 12 minutes."],
  ]) {
    await database.query(
      `insert into alerts (provider_id, endpoint_id, kind, state, since, opened_at, closed_at, value, threshold, sentence)
       select provider_id, id, $2, $3, now(), now() - interval '1 hour', case when $3 = 'closed' then now() end, 0, 0.9, $4
       from endpoints where id = $1`,
      [endpointId, kind, state, sentence],
    );
  }
}

async function show(page: Page, url: string): Promise<void> {
  const { pathname, search } = new URL(url);
  await openWithinPortal(page, pathname + search);
  await page.locator("main h1").first().waitFor();
  await expect.poll(() => page.getByText(/^Loading/).count()).toBe(0);
  await expect.poll(() => page.locator(".pf-v6-c-skeleton").count()).toBe(0);
}

/** Each change of the theme would begin hundreds, and compute all styles again for each that ends. Text, because it runs in the page. */
const withoutTransitions = `document.adoptedStyleSheets = [new CSSStyleSheet()];
  document.adoptedStyleSheets[0].replaceSync("*, ::before, ::after { transition: none !important }")`;

type Theme = "light" | "dark";

const isDark = `document.documentElement.classList.contains("pf-v6-theme-dark")`;

/**
 * Changes the theme, waits until the page has it, and ends the transitions of its colours until none begins: the end of a button's begins
 * that of the text in it. Text, because it runs in the page.
 */
async function setTheme(page: Page, colorScheme: Theme): Promise<void> {
  await page.emulateMedia({ colorScheme });
  await page.evaluate(`(async () => {
    while (${isDark} !== ${colorScheme === "dark"}) {
      await new Promise(requestAnimationFrame);
    }
    for (let transitions; transitions?.length !== 0;) {
      await new Promise(requestAnimationFrame);
      transitions = document.getAnimations().filter(({ effect }) => effect.getComputedTiming().endTime < Infinity);
      for (const transition of transitions) transition.finish();
    }
  })()`);
}

/** Repeats the check, because a page that updates itself may break a rule for a moment. */
async function lastingViolations(page: Page, partly: Parameters<typeof findViolations>[1]): Promise<readonly string[]> {
  for (let tries = 0; ; tries += 1) {
    const violations = await findViolations(page, partly);
    if (violations.length === 0 || tries === 5) return violations;
  }
}

/**
 * Returns the elements that end beside the page, except tabs, texts with an ellipsis and those for screen readers, whether a text
 * leaves its element, links that read as one with the link after them, narrow buttons, and hints below their field. Text, because it runs in the page.
 */
const findTooWide = (page: Page): Promise<readonly string[]> =>
  page.evaluate(`(() => {
    const main = document.querySelector("main");
    const end = main.getBoundingClientRect().right + 1;
    const isShort = (each) =>
      each !== null &&
      (each.matches(".pf-v6-c-tabs, .pf-v6-screen-reader") || getComputedStyle(each).textOverflow === "ellipsis" || isShort(each.parentElement.closest("main *")));
    const elements = [...document.querySelectorAll("main *")]
      .filter((each) => each.checkVisibility() && each.getBoundingClientRect().right > end && !isShort(each))
      .map((each) => "too wide: " + each.tagName + " " + each.className);
    const touching = [...document.querySelectorAll("main :is(a, .pf-m-link) + :is(a, .pf-m-link)")]
      .filter(({ previousSibling }) => previousSibling.nodeType === Node.ELEMENT_NODE || previousSibling.data.trim() === "")
      .map((link) => ({ link, box: link.getBoundingClientRect(), before: link.previousElementSibling.getBoundingClientRect() }))
      .filter(({ box, before }) => box.top < before.bottom && box.left >= before.right && box.left < before.right + 8)
      .map(({ link }) => "touches the link before it: " + link.textContent);
    const narrow = [...document.querySelectorAll("main button")].filter((each) => each.checkVisibility() && each.getBoundingClientRect().width < 24);
    elements.push(...touching, ...narrow.map((button) => "too narrow for a finger: " + (button.ariaLabel ?? button.textContent)));
    const outside = ([hint, field]) => hint.getBoundingClientRect().bottom > field.getBoundingClientRect().bottom + 1;
    const hints = [...document.querySelectorAll("main .pf-v6-c-form__group .pf-v6-c-helper-text")].map((hint) => [hint, hint.closest(".pf-v6-c-form__group")]);
    elements.push(...hints.filter(outside).map(([hint]) => "outside its field: " + hint.textContent));
    return main.scrollWidth > main.clientWidth ? [...elements, "main scrolls sideways"] : elements;
  })()`);

/** Returns the violations of a page in both themes, and saves screenshots if requested. */
async function checkPage(
  page: Page,
  url: string,
  isFirst: boolean,
  themes: readonly Theme[],
): Promise<readonly string[]> {
  const results: string[] = [];
  for (const width of widths) {
    await page.setViewportSize({ width, height: 900 });
    await show(page, url);
    for (const [at, theme] of themes.entries()) {
      await setTheme(page, theme);
      // The themes differ only in colours. Outside the main region, only the present place in the navigation differs from the first page.
      const part = isFirst ? {} : { contrastWithin: ":is(main, nav .pf-m-current)" };
      const violations = [
        ...(await lastingViolations(page, at === 0 ? part : { ...part, rules: ["color-contrast"] })),
        ...(at === 0 ? await findTooWide(page) : []),
      ];
      results.push(...violations.map((violation) => `${width} px, ${theme}: ${violation}`));
      const name = new URL(url).pathname.slice(1) + new URL(url).search;
      const path = `${pictures}/${name.replaceAll(/[^a-z0-9-]+/gi, "_").slice(0, 60)}-${width}-${theme}.png`;
      if (pictures !== undefined) await page.screenshot({ path, fullPage: true });
    }
  }
  return results;
}

/** Follows the banner of every page to the alerts, and mutes one. Others may have opened meanwhile. */
async function muteAlert(visitor: KeyboardVisitor): Promise<void> {
  await visitor.start();
  await visitor.page.getByText(crm).first().waitFor();
  expect(await findTooWide(visitor.page)).toEqual([]);
  await visitor.press("link", /^Show (?:the alert|all alerts)$/);
  await visitor.sees("It delivers 0 % of its attempts, below 90 %.");
  await visitor.sees("A delivery has waited for 12 minutes.");
  await visitor.press("button", `Actions for ${crm}, Low success rate`);
  await visitor.press("menuitem", "Mute for an hour");
  await visitor.sees("Low success rate: muted");
}

/** Returns the texts of cells that begin within the cell before them in the same line. Text, because it runs in the page. */
const overlappingCells = `[...document.querySelectorAll("main tbody tr")].flatMap((row) => {
  const boxes = [...row.cells].map((cell) => ({ text: cell.textContent, box: cell.getBoundingClientRect() }));
  return boxes
    .filter(({ box }) => box.width > 0 && boxes.some(({ box: other }) =>
      other.left < box.left && other.right > box.left + 1 && other.top < box.bottom && other.bottom > box.top))
    .map(({ text }) => text);
})`;

/**
 * A menu and the cells of a list are shown whole on the narrowest screen, and the tabs of an endpoint on a phone. A value with its label
 * beside it does not read like the words of a sentence. Expects a width of 320 pixels. */
async function fitPhone(page: Page, { account, endpoint }: Objects): Promise<void> {
  await openWithinPortal(page, `/p/admin/accounts/${account}`);
  await page.getByRole("button", { name: "Actions", exact: true }).click();
  const menu = page.getByRole("menu");
  await menu.waitFor();
  await expect.poll(async () => (await menu.boundingBox())?.x).toBeGreaterThanOrEqual(0);
  await openWithinPortal(page, "/p/admin/audit-log");
  await page.getByText("Job started").waitFor();
  const cut = `[...document.querySelectorAll("td")].filter((cell) => cell.scrollWidth > cell.clientWidth).map((cell) => cell.textContent)`;
  expect(await page.evaluate(cut)).toEqual([]);
  await openWithinPortal(page, "/p/admin/accounts");
  await page.locator("td.bellwire-at-end").first().waitFor();
  expect(await page.evaluate(overlappingCells)).toEqual([]);
  await openWithinPortal(page, `/p/admin/deliveries?endpoint_id=${endpoint}`);
  await page.getByText(`Endpoint: ${crm}`).waitFor();
  expect(await findTooWide(page)).toEqual([]);
  await page.setViewportSize({ width: 375, height: 900 });
  await openWithinPortal(page, `/p/admin/endpoints/${endpoint}`);
  await page.getByRole("tab", { name: "Test", exact: true }).waitFor();
  const hidden = `(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth)(document.querySelector("[role=tablist]"))`;
  await expect.poll(() => page.evaluate(hidden)).toBe(0);
  await openWithinPortal(page, "/p/admin/deliveries");
  await page.getByRole("button", { name: "Add filter" }).click();
  await page.getByRole("menuitem", { name: "Payload" }).click();
  await page.getByRole("dialog", { name: "Payload" }).waitFor();
  await expect.poll(() => page.evaluate("document.documentElement.scrollWidth")).toBe(375);
  await page.keyboard.press("Escape");
  await openWithinPortal(page, "/p/admin/accounts");
  await page.locator("td.bellwire-labelled").first().waitFor();
  const label = `getComputedStyle(document.querySelector("td.bellwire-labelled"), "::before").content`;
  expect(await page.evaluate(label)).toMatch(/: "$/);
}

/** Without its script, as after a lost connection, the page says how to go on. */
async function loadWithoutScript(page: Page): Promise<void> {
  const scripts = /\/assets\/index-[^/]+\.js$/;
  await page.route(scripts, (route) => route.abort());
  await page.reload();
  await page.evaluate("document.getAnimations().forEach((animation) => animation.finish())");
  await page.unroute(scripts);
  await page.getByRole("link", { name: "load the page again" }).click();
  await page.locator("main h1").first().waitFor();
}

/** A field that the Tab key reaches is not below the bar at the end of a long form. */
async function focusAboveSaveBar(page: Page): Promise<void> {
  await openWithinPortal(page, "/p/admin/webhooks/edit");
  await page.getByLabel("Webhooks enabled").waitFor();
  const covered = await page.evaluate(`[...document.querySelectorAll("main input:not(:disabled)")].filter((input) => {
    input.focus();
    return input.getBoundingClientRect().bottom > document.querySelector(".bellwire-save-bar").getBoundingClientRect().top;
  }).map(({ id }) => id)`);
  expect(covered).toEqual([]);
}

/**
 * What is typed into a dialog that opens goes to its first field. The browser's Back and reload ask before it is lost. Follows a link from
 * the start page, because the router counts only pages that it has opened itself.
 */
async function typeIntoDialog(visitor: KeyboardVisitor): Promise<void> {
  const { page } = visitor;
  await visitor.press("link", "Products");
  await visitor.press("button", "Create a product");
  const name = page.getByRole("dialog").getByRole("textbox").first();
  await visitor.seesFocus(name);
  await page.keyboard.type("Berths");
  const [question] = await Promise.all([
    page.waitForEvent("dialog"),
    page.evaluate("setTimeout(() => location.reload())"),
  ]);
  expect(question.type()).toBe("beforeunload");
  await question.dismiss();
  await page.evaluate("history.back()");
  await visitor.sees("Leave without saving?");
  await page.keyboard.press("Escape");
  await expect.poll(() => page.getByRole("dialog").count()).toBe(1);
  expect(await name.inputValue()).toBe("Berths");
  await page.getByRole("button", { name: "Cancel" }).click();
}

/** A history and a delivery fit on the narrowest screen, and paper gets all of the delivery, in dark letters. */
async function narrowAndPrint(page: Page, { account, delivery }: Objects): Promise<void> {
  await openWithinPortal(page, `/p/admin/accounts/${account}/history`);
  await page.getByText("Also different from the version before").waitFor();
  expect(await findTooWide(page)).toEqual([]);
  await openWithinPortal(page, `/p/admin/deliveries/${delivery}`);
  await page.getByRole("tab", { name: "Request" }).waitFor();
  expect(await findTooWide(page)).toEqual([]);
  await setTheme(page, "dark");
  await page.emulateMedia({ media: "print" });
  await expect.poll(() => page.evaluate(isDark)).toBe(false);
  const hidden = `(({ scrollHeight, clientHeight }) => scrollHeight - clientHeight)(document.querySelector("main"))`;
  expect(await page.evaluate(hidden)).toBe(0);
  await page.emulateMedia({ media: null });
  await expect.poll(() => page.evaluate(isDark)).toBe(true);
}

/** Sends a delivered delivery again with the pointer. No other action appears under the pointer, and the focus stays. */
async function sendAgain(visitor: KeyboardVisitor, delivery: string): Promise<void> {
  const { page } = visitor;
  await visitor.start(`/deliveries/${delivery}`);
  await visitor.press("button", "Retry now");
  const button = page.getByRole("button", { name: "Send again" });
  // The stream may report the attempt before the retry's response. Until then the button is disabled.
  await expect.poll(async () => (await button.count()) === 1 && (await button.isEnabled())).toBe(true);
  const { x, y, width, height } = (await button.boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 };
  const [left, top] = [x + width / 2, y + height / 2];
  const below = `document.elementFromPoint(${left}, ${top})?.closest("button")?.textContent`;
  await page.evaluate(`window.seen = new Set();
    new MutationObserver(() => window.seen.add(${below})).observe(document.body, { subtree: true, childList: true, characterData: true })`);
  await page.mouse.click(left, top);
  await visitor.sees("Attempt 3");
  await button.waitFor();
  const seen = await page.evaluate<readonly string[]>("[...window.seen]");
  expect(seen.filter((text) => !/^(?:Send again|Retry now|Send out of order)$/.test(text))).toEqual([]);
  expect(await page.evaluate<string>("document.activeElement.textContent")).toBe("Send again");
}

/** Pauses and resumes an endpoint with the keyboard. The button keeps the focus. */
async function pauseAndResume(visitor: KeyboardVisitor, endpoint: number): Promise<void> {
  const button = (name: string) => visitor.page.getByRole("button", { name, exact: true });
  await visitor.start(`/endpoints/${endpoint}`);
  await visitor.press("button", "Pause");
  await visitor.seesFocus(button("Resume"));
  await expect.poll(() => button("Resume").isEnabled()).toBe(true);
  await visitor.page.keyboard.press("Enter");
  await visitor.seesFocus(button("Pause"));
}

test(
  "every page is accessible in light and dark; an alert can be muted and a delivery sent again",
  { timeout: pictures === undefined ? 600_000 : 1_800_000 },
  async ({ browser, database, databaseUrl }) => {
    await using refusing = await startReceiver((answer) => void answer.writeHead(503).end(unbroken));
    await using slow = await startReceiver((answer) => void setTimeout(() => answer.writeHead(200).end(), 400));
    await using bellwire = await runBellwire(databaseUrl);
    const signIn = bellwire.signIn;
    const api = { url: bellwire.url, token: signIn.accessToken };
    const filled = await fillPortal(api, refusing.url, slow.url);
    const objects = { ...filled, message: await addMessages(database, filled.account) };
    await openAlert(database, objects.endpoint);
    const paths = (await readFile(routes, "utf8")).matchAll(
      /^\s*(?:createRoute\(\{ getParentRoute, )?path: "([^"]+)"/gm,
    );
    const pages = [...paths].map(([, path = ""]) => addresses(objects)[path] ?? path);
    expect(pages.filter((path) => path.includes("$"))).toEqual([]);

    await using page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
    const visitor = new KeyboardVisitor(page, bellwire.url);
    await visitor.signIn("", signIn);
    const urls = [...pages, ...morePages(objects)].map((path) => `${bellwire.url}/p/admin${path}`);
    await loadWithoutScript(page);
    await muteAlert(visitor);
    await page.setViewportSize({ width: 767, height: 900 });
    expect(await page.locator("header bdi").isVisible(), "the provider's name beside the brand").toBe(false);
    await page.setViewportSize({ width: 768, height: 900 });
    expect(await page.locator("header bdi").isVisible()).toBe(true);
    await page.setViewportSize({ width: 320, height: 900 });
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(320);
    await narrowAndPrint(page, objects);
    await fitPhone(page, objects);
    await page.setViewportSize({ width: 1440, height: 900 });
    await focusAboveSaveBar(page);
    refusing.answer(200);
    await sendAgain(visitor, objects.delivery);
    await pauseAndResume(visitor, objects.endpoint);
    await visitor.reload(); // without the messages of the actions
    await typeIntoDialog(visitor);
    await page.evaluate(withoutTransitions);
    // Each page starts in the theme in which the previous page ended.
    const orders = [
      ["light", "dark"],
      ["dark", "light"],
    ] as const;
    for (const [at, url] of urls.entries()) {
      expect.soft(await checkPage(page, url, at === 0, orders[at % 2] ?? orders[0]), url).toEqual([]);
    }
  },
);
