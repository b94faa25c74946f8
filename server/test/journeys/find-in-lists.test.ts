import { expect } from "vitest";
import { type BellwireApi, sendRequest } from "../chaos/api-client.ts";
import { findViolations } from "../support/find-violations.ts";
import { runBellwire } from "../support/run-bellwire.ts";
import { test } from "../support/test-of-starts.ts";
import { KeyboardVisitor } from "./keyboard.ts";

test(
  "an admin finds each answer about deliveries in five keyboard steps",
  { timeout: 240_000 },
  async ({ browser, databaseUrl }) => {
    await using bellwire = await runBellwire(databaseUrl);
    const { username, password, accessToken } = bellwire.signIn;
    const api = { url: bellwire.url, token: accessToken };
    const signUp = (org_name: string, name: string) =>
      sendRequest(api, "POST", "/admin/api/signup.json", {
        org_name,
        username: name,
        email: `${name}@harbour.example`,
      });
    // Changes by a token are not sent while admin actions are disabled.
    await signUp("Silent Reef", "reef");
    const switched = { provider_actions: true, all_actors: true };
    await sendRequest(api, "PATCH", `/api/v1/endpoints/${await readDefaultEndpointId(api)}`, switched);
    const url = await createSlowBin(api);
    const slow = { name: "warehouse", url, active: true, event_types: ["account.created"], ...switched };
    await sendRequest(api, "POST", "/api/v1/endpoints", slow);
    await signUp("Harbour & Sons", "mira");
    await signUp("Quay Books", "nora");

    await using page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
    const visitor = new KeyboardVisitor(page, bellwire.url);
    await visitor.signIn("", { username, password });

    // Why was a webhook not sent?
    await visitor.start();
    await visitor.press("link", "Events");
    await visitor.type(page.getByRole("textbox", { name: "Search events" }), "Silent Reef");
    await expect.poll(() => visitor.accounts()).toEqual(["Silent Reef", "Silent Reef", "Silent Reef"]);
    await visitor.press("link", "Account created");
    await visitor.sees("Not sent");
    await visitor.sees(/admin portal/i);

    // The deliveries of an endpoint: the focus does not wait for the choices.
    await visitor.start();
    await visitor.press("link", "Deliveries");
    await visitor.press("button", "Add filter");
    await visitor.press("menuitem", "Endpoint");
    const find = page.getByRole("searchbox", { name: "Find in endpoint" });
    await visitor.seesFocus(find);
    await page.getByRole("checkbox", { name: "warehouse" }).waitFor();
    expect(await visitor.isFocused(find)).toBe(true);
    await page.keyboard.press("Escape");

    // The deliveries of an account, by the beginning of its name.
    await visitor.start();
    await visitor.press("link", "Deliveries");
    await visitor.press("button", "Add filter");
    await visitor.press("menuitem", "Account");
    await visitor.type(page.getByRole("textbox", { name: "Account" }), "Quay");
    await expect.poll(async () => [...new Set(await visitor.accounts())]).toEqual(["Quay Books"]);
    expect(new URL(page.url()).search).toBe("?account=Quay");
    const addFilter = page.getByRole("button", { name: "Add filter", exact: true });
    await visitor.seesFocus(addFilter);
    await page.keyboard.press("Enter");
    await visitor.press("menuitem", "State");
    await page.getByRole("checkbox", { name: "Failed" }).waitFor();
    await page.keyboard.press("Escape");
    await visitor.seesFocus(addFilter);
    await visitor.press("link", "Account created");
    await visitor.sees("webhook-id");

    // A delivery by a value of its payload.
    await visitor.start();
    await visitor.press("link", "Deliveries");
    await visitor.press("button", "Add filter");
    await visitor.press("menuitem", "Payload");
    await visitor.type(page.getByRole("textbox", { name: "Payload" }), "data.user.email = mira@harbour.example");
    await expect.poll(async () => [...new Set(await visitor.accounts())]).toEqual(["Harbour & Sons"]);
    await visitor.press("link", "User created");
    await visitor.sees("webhook-id");

    // A filter under a name, in one click from the list on.
    await visitor.start();
    await visitor.press("link", "Deliveries");
    await visitor.press("button", "Failed");
    await visitor.press("button", "Views");
    await visitor.press("menuitem", /^Save this view/);
    await visitor.type(page.getByRole("textbox", { name: "Name" }), "Night failures");
    await visitor.sees("View: Night failures");
    await visitor.reload();
    await visitor.press("link", "Deliveries");
    await visitor.press("button", "Views");
    await page.getByRole("menuitem", { name: "Night failures" }).waitFor();
    expect(await findViolations(page)).toEqual([]);
    await visitor.press("menuitem", "Night failures");
    await visitor.sees("View: Night failures");
    expect(new URL(page.url()).search).toBe("?state=failed");
    await visitor.press("button", "Clear filters");
    // The button is gone. The next control has the focus.
    await visitor.seesFocus(page.getByRole("button", { name: "Views", exact: true }));

    // A user by the beginning of the e-mail address.
    await visitor.start();
    await page.keyboard.press("Control+K");
    await page.getByRole("combobox").fill("mira@har");
    await page.getByRole("option", { name: /^mira/ }).waitFor();
    expect(await findViolations(page)).toEqual([]);
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "mira" }).first().waitFor();

    // The slowest receiver, and its slow attempts.
    await visitor.start();
    await visitor.press("link", "Endpoints");
    await visitor.choose("Order", "Slowest");
    await expect.poll(() => page.locator("td[data-label=Name] a").first().innerText()).toBe("warehouse");
    await visitor.pressOn(page.locator("td[data-label=p95] a").first());
    await expect
      .poll(async () => [...new Set(await page.locator("td[data-label=Endpoint]").allInnerTexts())])
      .toEqual(["warehouse"]);

    // A live list is paused, counts the new rows, and shows them on request.
    await visitor.start();
    await visitor.press("link", "Deliveries");
    await visitor.sees("Live");
    await visitor.press("button", "Pause");
    const shownBefore = await visitor.accounts();
    await signUp("Ferry Lines", "lena");
    await visitor.sees("4 new");
    expect(await visitor.accounts()).toEqual(shownBefore);
    await visitor.press("button", /^Resume/);
    await expect.poll(async () => (await visitor.accounts()).slice(0, 4)).toEqual(Array(4).fill("Ferry Lines"));
  },
);

async function readDefaultEndpointId({ url, token }: BellwireApi): Promise<number | undefined> {
  const answer = await fetch(`${url}/api/v1/endpoints`, { headers: { authorization: `Bearer ${token}` } });
  const { data }: { data: { id: number }[] } = JSON.parse(await answer.text());
  return data[0]?.id;
}

/** Creates a bin that responds after more than a second, and returns its URL. */
async function createSlowBin({ url, token }: BellwireApi): Promise<string> {
  const answer = await fetch(`${url}/api/v1/bins`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify({ answer_delay_ms: 1500 }),
  });
  const bin: { url: string } = JSON.parse(await answer.text());
  return bin.url;
}
