/**
 * Takes the screenshots of the README during a first walk-through.
 * Run: npm run screenshots
 */
import { mkdir, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Page } from "playwright-core";
import { launchBrowser } from "../support/browser.ts";
import { makeEmptyDataDir } from "../support/empty-data-dir.ts";
import { readSignIn, startBellwire } from "../support/start-bellwire.ts";

const pictures = fileURLToPath(new URL("../../../docs/images/", import.meta.url));
await mkdir(pictures, { recursive: true });
await using folder = await makeEmptyDataDir();
await using bellwire = await startBellwire({ dataDir: folder.path, environment: { PORT: "3000" } });
const { binViewUrl, username, password } = await readSignIn(folder.path);
const browser = await launchBrowser();
const context = await browser.newContext({
  viewport: { width: 1200, height: 760 },
  colorScheme: "light",
  bypassCSP: true, // for the font below
});
await context.addInitScript(await fontScript());
const take = (page: Page, name: string) => page.screenshot({ path: `${pictures}${name}.png` });

const bin = await context.newPage();
await bin.goto(binViewUrl);

const developer = await context.newPage();
await developer.goto(`${bellwire.url}/signup`);
await developer.fill("[name=org_name]", "Harbour & Sons");
await developer.fill("[name=username]", "mira");
await developer.fill("[name=email]", "mira@harbour.example");
await developer.fill("[name=password]", "correct-horse-12");
await developer.fill("[name=password_confirmation]", "correct-horse-12");
await developer.click("button[type=submit]");
await developer.getByText("3 webhooks sent").waitFor();
await take(developer, "2-application");

await bin.locator("summary .title").nth(2).waitFor();
await take(bin, "3-request-bin");

const admin = await context.newPage();
await admin.goto(`${bellwire.url}/p/admin/deliveries`);
await admin.fill("[name=username]", username);
await admin.fill("[name=password]", password);
await admin.click("button[type=submit]");
await admin.getByRole("row").filter({ hasText: "Delivered" }).nth(2).waitFor();
await admin.getByRole("link", { name: "Account created" }).first().waitFor(); // labels follow the rows
await take(admin, "4-deliveries");
await admin.getByRole("link", { name: "Account created" }).first().click();
await admin
  .getByRole("heading", { name: /attempt/i })
  .first()
  .waitFor();
await take(admin, "5-delivery");
await admin.goto(`${bellwire.url}/p/admin/webhooks/edit`);
await admin.getByLabel("Webhooks enabled").waitFor();
await take(admin, "6-webhooks");
await browser.close();

/** Adds a font for code under the name that all pages use. The browser from npm has no font with a fixed width. */
async function fontScript(): Promise<string> {
  const file = "@fontsource-variable/red-hat-mono/files/red-hat-mono-latin-wght-normal.woff2";
  const font = await readFile(new URL(import.meta.resolve(file)));
  const url = `data:font/woff2;base64,${font.toString("base64")}`;
  const style = `@font-face { font-family: Menlo; font-weight: 300 700; src: url("${url}"); }`;
  return `addEventListener("DOMContentLoaded", () => {
    document.head.append(Object.assign(document.createElement("style"), { textContent: ${JSON.stringify(style)} }));
  });`;
}
