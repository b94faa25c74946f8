import { expect } from "vitest";
import { createSession, findProviderUserByLogin } from "#access/index.ts";
import { describeAccountManagementApi } from "#http/account-management-api/index.ts";
import { apiDocs } from "#http/api-docs/index.ts";
import { serveApiReference } from "#http/shared/api-reference.ts";
import { systemClock } from "#platform/clock.ts";
import { setUpProvider } from "#portal/provider-account/index.ts";
import { findViolations } from "../support/find-violations.ts";
import { test as base } from "../support/test.ts";
import { openBellwireApi } from "./bellwire-api-test.ts";
import { passwords } from "../support/passwords.ts";

const test = base.extend("site", async ({ database }, { onCleanup }) => {
  const { http, close } = openBellwireApi(database, systemClock, { baseDomain: undefined });
  const urls = { adminPortalUrl: () => "", developerPortalUrl: () => "" };
  const apiReference = await serveApiReference(http, "/api-reference");
  http.register(apiDocs({ pool: database, clock: systemClock, ...urls, apiReference }));
  http.get("/admin/api/openapi.json", async () => describeAccountManagementApi("0.0.0"));
  onCleanup(close);
  await http.listen({ host: "127.0.0.1", port: 0 });
  const now = new Date();
  const admin = { adminUsername: "admin", adminPassword: "a long password" };
  const setup = await database.inTransaction((tx) =>
    setUpProvider(tx, passwords, { name: "Acme", subdomain: "acme", ...admin, now }),
  );
  if ("refused" in setup) throw new Error("The provider was refused.");
  const { id: providerId } = setup.provider;
  const user = await findProviderUserByLogin(database, providerId, "admin");
  if (!user) throw new Error("There is no admin.");
  const session = { providerId, audience: "admin", userId: user.id, now } as const;
  const { cookieValue } = await database.inTransaction((tx) => createSession(tx, session));
  return { http, cookieValue, origin: http.listeningOrigin };
});

test("a visitor without a session is redirected to the sign-in page", async ({ site }) => {
  const answer = await site.http.inject("/p/admin/api-docs");
  expect([answer.statusCode, answer.headers.location]).toEqual([302, "/p/login?return_to=%2Fp%2Fadmin%2Fapi-docs"]);
});

test("the page shows both APIs with their webhooks, and sends requests as the signed-in admin", async ({
  browser,
  site,
  database,
}) => {
  await using context = await browser.newContext({ viewport: { width: 1400, height: 900 } });
  await context.addCookies([{ name: "bellwire_admin", value: site.cookieValue, url: site.origin }]);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("console", (line) => void (isComplaint(line.type()) && complaints.push(line.text())));
  page.on("pageerror", (error) => void complaints.push(error.message));
  const origins = new Set<string>();
  page.on("request", (request) => void origins.add(new URL(request.url()).origin));

  // The default is the API of 3scale's documentation.
  await page.goto(`${site.origin}/p/admin/api-docs`, { waitUntil: "commit" });
  await page.getByText("Loading the API documentation…").waitFor();
  await page.getByText("Loading the API documentation…").waitFor({ state: "hidden" });
  await page.getByRole("heading", { name: "Account Management API" }).waitFor();
  expect(await page.evaluate(layoutShift)).toBeLessThan(0.02);
  await expect.poll(() => findViolations(page)).toEqual([]);
  await page.emulateMedia({ colorScheme: "dark" });
  await expect.poll(() => findViolations(page, { rules: ["color-contrast"] })).toEqual([]);
  // Instead of Scalar's, which look like tokens of somebody else.
  expect(await page.locator("input[placeholder]:not([placeholder='Your token or key'])").count()).toBe(0);
  expect(await page.getByPlaceholder("Your token or key").count()).toBeGreaterThan(0);
  await page.getByText("Webhook events", { exact: true }).first().click();
  await page.getByText("Account Plan changed").first().click();
  await page.getByRole("heading", { name: "Account Plan changed" }).waitFor();
  // Requests of the API can be sent from this page, webhooks cannot.
  expect(await page.getByRole("button", { name: /Test Request\s*\(post \/?account\.plan_changed/ }).count()).toBe(0);

  await page.goto(`${site.origin}/p/admin/api-docs?api=bellwire`);
  await page.getByText("Bins", { exact: true }).first().click();
  await page.getByText("Create a bin").first().click();
  await page.getByRole("button", { name: /Test Request\s*\(post \/api\/v1\/bins\)/ }).click();
  await page.getByRole("button", { name: /^Send/ }).filter({ visible: true }).first().click();
  await expect.poll(() => database.query("select from bins")).toHaveLength(1);

  // Scalar accepts both documents, the Content-Security-Policy blocks nothing, and no request goes to another server.
  expect(complaints).toEqual([]);
  expect([...origins].filter((origin) => origin.startsWith("http"))).toEqual([site.origin]);
});

test("the preview of a specification that was deleted says so", async ({ site }) => {
  const cookie = `bellwire_admin=${site.cookieValue}`;
  const answer = await site.http.inject({ url: "/p/admin/api-specifications/1/preview", headers: { cookie } });
  expect([answer.statusCode, /<h1>.*/.exec(answer.body)?.[0]]).toEqual([
    404,
    "<h1>This API specification does not exist</h1>",
  ]);
});

test("the page says what to do if its script cannot be loaded", async ({ browser, site }) => {
  await using context = await browser.newContext();
  await context.addCookies([{ name: "bellwire_admin", value: site.cookieValue, url: site.origin }]);
  const page = await context.newPage();
  await page.route("**/scalar-*.js", (route) => route.abort());
  await page.goto(`${site.origin}/p/admin/api-docs`);
  await page.getByText("could not be loaded. Check your connection, and reload this page.").waitFor();
  expect(await page.getByText("Loading").count()).toBe(0);
});

/** Returns how far the parts of the page have moved while it loaded. */
const layoutShift = `new Promise((resolve) => new PerformanceObserver((list) =>
  resolve(list.getEntries().reduce((sum, { value }) => sum + value, 0))
).observe({ type: "layout-shift", buffered: true }) ?? setTimeout(resolve, 1000, 0))`;

const isComplaint = (type: string): boolean => type === "error" || type === "warning";
