import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { type BellwireApi, ask } from "../chaos/ask-bellwire.ts";
import { launchBrowser } from "../support/browser.ts";
import { makeDataDir } from "../support/data-dir.ts";
import { findViolations } from "../support/find-violations.ts";
import { readSignIn, startBellwire } from "../support/start-bellwire.ts";

const wait = { timeout: 15_000 };
/** The most clicks that an answer may take, from the start page on. */
const clicksMax = 5;

/** A person in the Admin Portal, whose clicks are counted. */
class Visitor {
  readonly page: Page;
  readonly #url: string;
  #clicks = 0;

  constructor(page: Page, url: string) {
    this.page = page;
    this.#url = url;
  }

  /** Starts at the start page, with the count at zero. The page handles keys once its navigation is shown. */
  async start(): Promise<void> {
    await this.page.goto(`${this.#url}/p/admin`);
    await this.page.getByRole("link", { name: "Deliveries" }).first().waitFor(wait);
    this.#clicks = 0;
  }

  async click(role: "link" | "button" | "menuitem" | "checkbox", name: string | RegExp): Promise<void> {
    this.#clicks += 1;
    expect(this.#clicks).toBeLessThanOrEqual(clicksMax);
    await this.page
      .getByRole(role, { name, exact: typeof name === "string" })
      .first()
      .click(wait);
  }

  async enter(label: string, text: string): Promise<void> {
    await this.page.getByLabel(label, { exact: true }).fill(text);
    await this.page.keyboard.press("Enter");
  }

  async sees(text: string | RegExp): Promise<void> {
    await this.page.getByText(text).first().waitFor(wait);
  }

  /** The accounts of the rows of a list. */
  accounts(): Promise<readonly string[]> {
    return this.page.locator("td[data-label=Account]").allInnerTexts();
  }
}

test("an admin finds each answer about deliveries in five clicks", { timeout: 240_000 }, async () => {
  await using folder = await makeDataDir();
  await using bellwire = await startBellwire({ dataDir: folder.path });
  const { username, password, accessToken } = await readSignIn(folder.path);
  const api = { url: bellwire.url, token: accessToken };
  const signUp = (org_name: string, name: string) =>
    ask(api, "POST", "/admin/api/signup.json", { org_name, username: name, email: `${name}@harbour.example` });
  // Changes by a token are not sent while admin actions are disabled.
  await signUp("Silent Reef", "reef");
  const switched = { provider_actions: true, all_actors: true };
  await ask(api, "PATCH", `/api/v1/endpoints/${await readDefaultEndpointId(api)}`, switched);
  const url = await createSlowBin(api);
  const slow = { name: "warehouse", url, active: true, event_types: ["account.created"], ...switched };
  await ask(api, "POST", "/api/v1/endpoints", slow);
  await signUp("Harbour & Sons", "mira");
  await signUp("Quay Books", "nora");

  const browser = await launchBrowser();
  try {
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
    await page.goto(`${bellwire.url}/p/admin`);
    await page.fill("[name=username]", username);
    await page.fill("[name=password]", password);
    await page.click("button[type=submit]");
    const visitor = new Visitor(page, bellwire.url);
    await page.getByRole("link", { name: "Deliveries" }).first().waitFor(wait);

    // Why was a webhook not sent?
    await visitor.start();
    await visitor.click("link", "Events");
    await visitor.enter("Search events", "Silent Reef");
    await expect.poll(() => visitor.accounts(), wait).toEqual(["Silent Reef", "Silent Reef", "Silent Reef"]);
    await visitor.click("link", "Account created");
    await visitor.sees("Not sent");
    await visitor.sees(/admin portal/i);

    // The deliveries of an account, by the beginning of its name.
    await visitor.start();
    await visitor.click("link", "Deliveries");
    await visitor.click("button", "Add filter");
    await visitor.click("menuitem", "Account");
    await page.getByRole("textbox", { name: "Account" }).fill("Quay");
    await page.keyboard.press("Enter");
    await expect.poll(async () => [...new Set(await visitor.accounts())], wait).toEqual(["Quay Books"]);
    expect(new URL(page.url()).search).toBe("?account=Quay");
    await visitor.click("link", "Account created");
    await visitor.sees("webhook-id");

    // A delivery by a value of its payload.
    await visitor.start();
    await visitor.click("link", "Deliveries");
    await visitor.click("button", "Add filter");
    await visitor.click("menuitem", "Payload");
    await page.getByRole("textbox", { name: "Payload" }).fill("data.user.email = mira@harbour.example");
    await page.keyboard.press("Enter");
    await expect.poll(async () => [...new Set(await visitor.accounts())], wait).toEqual(["Harbour & Sons"]);
    await visitor.click("link", "User created");
    await visitor.sees("webhook-id");

    // A filter under a name, in one click from the list on.
    await visitor.start();
    await visitor.click("link", "Deliveries");
    await visitor.click("button", "Failed");
    await visitor.click("button", "Views");
    await visitor.click("menuitem", /^Save this view/);
    await page.getByRole("textbox", { name: "Name" }).fill("Night failures");
    await page.keyboard.press("Enter");
    await visitor.sees("View: Night failures");
    await visitor.start();
    await visitor.click("link", "Deliveries");
    await visitor.click("button", "Views");
    await page.getByRole("menuitem", { name: "Night failures" }).waitFor(wait);
    expect(await findViolations(page)).toEqual([]);
    await visitor.click("menuitem", "Night failures");
    await visitor.sees("View: Night failures");
    expect(new URL(page.url()).search).toBe("?state=failed");

    // A user by the beginning of the e-mail address.
    await visitor.start();
    await page.keyboard.press("Control+K");
    await page.getByRole("combobox").fill("mira@har");
    await page.getByRole("option", { name: /^mira/ }).waitFor(wait);
    expect(await findViolations(page)).toEqual([]);
    await page.getByRole("option", { name: /^mira/ }).click(wait);
    await page.getByRole("heading", { name: "mira" }).first().waitFor(wait);

    // The slowest receiver.
    await visitor.start();
    await visitor.click("link", "Attempts");
    await visitor.click("button", "Slow");
    await expect
      .poll(() => page.locator("td[data-label=Endpoint]").allInnerTexts(), wait)
      .toEqual(["warehouse", "warehouse"]);
    await visitor.click("link", "warehouse");
    await page.getByRole("heading", { name: "warehouse" }).waitFor(wait);

    // A list that moves is paused, counts the new rows, and shows them when asked.
    await visitor.start();
    await visitor.click("link", "Deliveries");
    await visitor.sees("Live");
    await visitor.click("button", "Pause");
    const shownBefore = await visitor.accounts();
    await signUp("Ferry Lines", "lena");
    await visitor.sees("4 new");
    expect(await visitor.accounts()).toEqual(shownBefore);
    await visitor.click("button", /^Resume/);
    await expect.poll(async () => (await visitor.accounts()).slice(0, 4), wait).toEqual(Array(4).fill("Ferry Lines"));

    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      for (const path of ["deliveries?state=failed&since=-1d", "events", "attempts", "webhooks/edit"]) {
        await page.goto(`${bellwire.url}/p/admin/${path}`);
        await page.locator("main h1").waitFor(wait);
        await expect.poll(() => page.getByText(/^Loading/).count(), wait).toBe(0);
        expect.soft(await findViolations(page), `${path} in ${colorScheme}`).toEqual([]);
      }
    }
  } finally {
    await browser.close();
  }
});

async function readDefaultEndpointId({ url, token }: BellwireApi): Promise<number | undefined> {
  const answer = await fetch(`${url}/api/v1/endpoints`, { headers: { authorization: `Bearer ${token}` } });
  const { data }: { data: { id: number }[] } = JSON.parse(await answer.text());
  return data[0]?.id;
}

/** Creates a bin that takes more than a second, and returns its URL. */
async function createSlowBin({ url, token }: BellwireApi): Promise<string> {
  const answer = await fetch(`${url}/api/v1/bins`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify({ answer_delay_ms: 1500 }),
  });
  const bin: { url: string } = JSON.parse(await answer.text());
  return bin.url;
}
