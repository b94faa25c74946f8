import type { Page } from "playwright-core";
import { expect } from "vitest";
import { sendRequest, valueAt } from "../chaos/api-client.ts";
import { client, startOpenIdProvider } from "../portals/identity-servers.ts";
import { findViolations } from "../support/find-violations.ts";
import { runBellwire } from "../support/run-bellwire.ts";
import { test } from "../support/test-of-starts.ts";

/** With a folder in this variable, the test also saves a picture of each page. */
const pictures = process.env["BELLWIRE_PICTURES"];

async function look(page: Page, name: string): Promise<void> {
  expect([name, await findViolations(page)]).toEqual([name, []]);
  if (pictures === undefined) return;
  for (const colorScheme of ["light", "dark"] as const)
    for (const width of [1280, 390]) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height: 900 });
      await page.screenshot({ path: `${pictures}/sso-${name}-${width}-${colorScheme}.png`, fullPage: true });
    }
}

test("a developer signs up and returns, and an admin signs in, with an OpenID provider on the only host", async ({
  browser,
  databaseUrl,
}) => {
  await using bellwire = await runBellwire(databaseUrl);
  const { url, signIn } = bellwire;
  await using openId = await startOpenIdProvider([`${url}/auth/staff/callback`, `${url}/auth/team/callback`]);
  const api = { url, token: signIn.accessToken };
  const values = { kind: "keycloak", site: openId.issuer, published: true, ...client };
  for (const [path, name] of [
    ["authentication_providers", "Staff"],
    ["account/authentication_providers", "Team"],
  ] as const) {
    const created = await sendRequest(api, "POST", `/admin/api/${path}.json`, { ...values, name });
    expect(valueAt(created.body, "authentication_provider", "callback_url")).toBe(
      `${url}/auth/${name.toLowerCase()}/callback`,
    );
  }

  openId.person = { sub: "p-1", email: "mira@harbour.example", email_verified: true, preferred_username: "mira" };
  await using developer = await browser.newPage();
  await developer.goto(`${url}/signup`);
  await look(developer, "sign-up");
  await developer.getByRole("link", { name: "Continue with Staff" }).click();
  await developer.waitForURL(/\/signup$/);
  await look(developer, "sign-up-of-person");
  await developer.fill("[name=org_name]", "Harbour & Sons");
  await developer.click("button[type=submit]");
  await developer.waitForURL(/\/applications\/\d+/);
  await developer.getByRole("button", { name: "Log out" }).click();
  await developer.goto(`${url}/login?return_to=/applications`);
  await look(developer, "log-in");
  await developer.getByRole("link", { name: "Continue with Staff" }).click();
  await developer.waitForURL(/\/applications$/);
  await developer.goto(`${url}/account/sessions`);
  await look(developer, "sessions-of-developer");
  expect(await developer.getByText("This session").count()).toBe(1);
  expect(await developer.getByRole("link", { name: /^Remove Staff/ }).count()).toBe(0); // the only log-in

  openId.person = { sub: "t-1", email: "boss@acme.example", email_verified: true };
  await using admin = await browser.newPage();
  await admin.goto(`${url}/p/login`);
  await look(admin, "admin");
  await admin.getByRole("link", { name: "Continue with Team" }).click();
  await admin.getByText("Ask an admin to add you").waitFor();
  await look(admin, "admin-refused");
  const users = await sendRequest(api, "GET", "/admin/api/users.json");
  const id = Number(valueAt(users.body, "users", 0, "user", "id"));
  await sendRequest(api, "PUT", `/admin/api/users/${id}.json`, { email: "boss@acme.example" });
  await admin.goto(`${url}/p/login`);
  await admin.getByRole("link", { name: "Continue with Team" }).click();
  await admin.waitForURL(/\/p\/admin/);
  await using lost = await browser.newPage();
  await lost.goto(`${url}/p/login`);
  await lost.getByRole("link", { name: "Continue with Team" }).click();
  await lost.waitForURL(/\/p\/admin/);
  await admin.goto(`${url}/p/admin/personal`);
  await admin.getByText("This session").waitFor();
  expect(await admin.getByText("Chrome on Linux").count()).toBe(2);
  await look(admin, "sessions-of-admin");
  await admin.getByRole("button", { name: "Sign out everywhere else" }).click();
  await admin.getByRole("button", { name: "Sign out", exact: true }).click();
  await admin.getByText("You were signed out everywhere else").waitFor();
  await lost.goto(`${url}/p/admin/personal`);
  await lost.waitForURL(/\/p\/login/);
  const required = await sendRequest(api, "PUT", "/admin/api/settings.json", { enforce_sso: true });
  expect(valueAt(required.body, "settings", "enforce_sso")).toBe(true);
  await using other = await browser.newPage();
  await other.goto(`${url}/p/login`);
  await look(other, "admin-enforced");
  expect(await other.locator("input[type=password]").count()).toBe(0);
});
