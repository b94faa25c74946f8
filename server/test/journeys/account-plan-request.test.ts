import type { Page } from "playwright-core";
import { expect } from "vitest";
import { runBellwire } from "../support/run-bellwire.ts";
import { test } from "../support/test-of-starts.ts";
import { openWithinPortal } from "./keyboard.ts";
import { password, signUpByForm } from "./sign-up-over-http.ts";

test("a developer requests an account plan and the admin approves it", async ({ browser, databaseUrl }) => {
  await using bellwire = await runBellwire(databaseUrl);
  const signIn = bellwire.signIn;
  await signUpByForm(bellwire.url, {
    org_name: "Harbour & Sons",
    username: "mira",
    email: "mira@harbour.example",
    motto: "",
    nick: "",
  });
  await using admin = await browser.newPage();
  await admin.goto(`${bellwire.url}/p/admin/account-plans`);
  await logIn(admin, signIn);
  await expectBackIsHarmless(admin);
  await publishPlan(admin, "Gold");

  await using developer = await browser.newPage();
  await developer.goto(`${bellwire.url}/account/plan`);
  await logIn(developer, { username: "mira", password });
  await expectBackIsHarmless(developer);
  await developer.getByLabel("Plan").selectOption("Gold");
  await developer.context().clearCookies();
  await developer.click("main button[type=submit]");
  await developer.getByText("Your session has ended").waitFor();
  await developer.reload(); // keeps the chosen plan
  await logIn(developer, { username: "mira", password });
  await developer.getByText("You are logged in again").waitFor();
  expect(await developer.getByLabel("Plan").locator("option:checked").textContent()).toContain("Gold");
  await expectBackIsHarmless(developer);
  await developer.getByLabel("Plan").selectOption("Gold");
  await developer.click("main button[type=submit]");
  await developer.getByText("You have requested Gold").waitFor();

  await openWithinPortal(admin, "/p/admin/accounts");
  const requests = admin.locator(".bellwire-notice").filter({ hasText: "Plan change requests" });
  await requests.getByRole("link", { name: "Harbour & Sons" }).click();
  await admin.getByText("mira requests the plan Gold").waitFor();
  await admin.getByRole("button", { name: "Change to Gold" }).click();
  await admin.getByText("The plan was changed").waitFor();

  await expect.poll(() => admin.getByText("mira requests the plan Gold").count()).toBe(0);
  await developer.goto(`${bellwire.url}/account`);
  await developer.getByText("Gold", { exact: true }).waitFor();
  expect(await developer.getByText("You have requested").count()).toBe(0);
}, 240_000);

interface SignIn {
  readonly username: string;
  readonly password: string;
}

/** Logs in at the second attempt. */
async function logIn(page: Page, signIn: SignIn): Promise<void> {
  await page.fill("[name=username]", signIn.username);
  await page.fill("[name=password]", "a wrong one");
  await page.click("button[type=submit]");
  await page.getByText("Wrong username or password.").waitFor();
  await page.fill("[name=password]", signIn.password);
  await page.click("button[type=submit]");
}

/** Goes back to the page of the wrong password, which the browser must not ask to send again, and forth. */
async function expectBackIsHarmless(page: Page): Promise<void> {
  await page.waitForURL(/plan/);
  const response = await page.goBack();
  expect(response?.request().method()).toBe("GET");
  await page.goForward();
}

async function publishPlan(page: Page, name: string): Promise<void> {
  await page.getByRole("button", { name: "Create a plan" }).click();
  await page.fill("[name=name]", name);
  await page.getByRole("button", { name: "Create", exact: true }).click();
  await page.getByRole("button", { name: `Actions for ${name}` }).click();
  await page.getByRole("menuitem", { name: "Publish" }).click();
  await page.getByRole("row").filter({ hasText: name }).filter({ hasText: "Published" }).waitFor();
}
