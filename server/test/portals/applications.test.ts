import { expect } from "vitest";
import type { PortalHouse } from "./portal-test.ts";
import { test } from "./portal-test.ts";
import type { Visitor } from "./visitor.ts";

const byAda = "by developer ada in developer_portal";

/** The path of the application that the sign-up made. */
async function firstPath(visitor: Visitor): Promise<string> {
  const [path = ""] = /\/applications\/\d+/.exec((await visitor.get("/applications")).html) ?? [];
  return path;
}

async function changeProduct(house: PortalHouse, assignments: string): Promise<void> {
  await house.pool.query(`update products set ${assignments} where provider_id = $1`, [house.provider.id]);
}

async function addPlan(house: PortalHouse, name: string, state: "published" | "hidden"): Promise<number> {
  const [plan] = await house.pool.query<{ id: number }>(
    `insert into plans (provider_id, kind, product_id, name, system_name, state)
     select $1, 'application_plan', id, $2, lower($2), $3 from products where provider_id = $1
     returning id`,
    [house.provider.id, name, state],
  );
  return plan?.id ?? 0;
}

test("a developer makes an application, changes what it is called, and deletes it after a question", async ({
  house,
}) => {
  const ada = await house.developer("ada");
  await house.told();
  expect((await ada.get("/applications")).html).toContain('href="/applications/new"');
  expect((await ada.get("/applications/new")).html).not.toContain("plan_id");

  const made = await ada.submit("/applications/new", { name: "Shop", description: "Sells" });
  expect(made.location).toMatch(/^\/applications\/\d+\?done=application-created$/);
  const [path = ""] = made.location?.split("?") ?? [];
  expect((await ada.get(path)).html).toContain("<h1>Shop</h1>");

  expect(await ada.submit(`${path}/edit`, { name: "Market", description: "" })).toMatchObject({
    status: 303,
    location: `${path}?done=saved`,
  });
  expect((await ada.get(path)).html).toContain("<h1>Market</h1>");
  expect(await house.told()).toEqual([`application.created ${byAda}`, `application.updated ${byAda}`]);

  expect((await ada.get(`${path}/delete`)).html).toContain("Delete Market?");
  expect(await house.told()).toEqual([]);
  expect(await ada.submit(`${path}/delete`)).toMatchObject({ location: "/applications?done=application-deleted" });
  expect(await house.told()).toEqual([`application.deleted ${byAda}`]);
  expect((await ada.get(path)).status).toBe(404);
});

test("an application without a name is refused beside the field, and the rest is kept", async ({ house }) => {
  const ada = await house.developer("ada");
  for (const path of ["/applications/new", `${await firstPath(ada)}/edit`]) {
    const { status, html } = await ada.submit(path, { name: "", description: "Sells" });
    expect(status).toBe(422);
    expect(html).toMatch(/id="name-error">Name can&#39;t be blank/);
    expect(html).toMatch(/<textarea[^>]*>\s*Sells<\/textarea>/);
  }
});

test("what waits for approval says so", async ({ house }) => {
  const ada = await house.developer("ada");
  await house.pool.query(
    "update plans set approval_required = true where provider_id = $1 and kind = 'application_plan'",
    [house.provider.id],
  );
  const { location = "" } = await ada.submit("/applications/new", { name: "Shop" });
  expect((await ada.get(location)).html).toContain("waits for approval");
});

test("a plan can be chosen only where the product lets developers choose, and only a published one", async ({
  house,
}) => {
  const ada = await house.developer("ada");
  const [gold, secret] = [await addPlan(house, "Gold", "published"), await addPlan(house, "Secret", "hidden")];
  expect((await ada.get("/applications/new")).html).not.toContain("Gold");

  await changeProduct(house, "buyer_can_select_plan = true");
  const { html } = await ada.get("/applications/new");
  expect(html).toContain("API: Gold");
  expect(html).not.toContain("Secret");
  const refused = await ada.submit("/applications/new", { name: "Shop", plan_id: String(secret) });
  expect(refused.status).toBe(422);
  expect(refused.html).toMatch(/id="plan_id-error">Plan must be one of these/);
  const { location = "" } = await ada.submit("/applications/new", { name: "Shop", plan_id: String(gold) });
  expect((await ada.get(location)).html).toContain("<dd>Gold</dd>");
});

test("an application moves to another plan only where the product lets developers do it at once", async ({ house }) => {
  const ada = await house.developer("ada");
  const path = await firstPath(ada);
  const [gold, secret] = [await addPlan(house, "Gold", "published"), await addPlan(house, "Secret", "hidden")];
  await house.told();
  for (const permission of ["none", "credit_card"]) {
    await changeProduct(house, `buyer_plan_change_permission = '${permission}'`);
    expect((await ada.get(`${path}/plan`)).status, permission).toBe(403);
    expect((await ada.get(path)).html, permission).not.toContain(`${path}/plan`);
  }
  await changeProduct(house, "buyer_plan_change_permission = 'direct'");
  expect((await ada.submit(`${path}/plan`, { plan_id: String(secret) })).status).toBe(422);
  expect(await ada.submit(`${path}/plan`, { plan_id: String(gold) })).toMatchObject({
    status: 303,
    location: `${path}?done=plan-changed`,
  });
  expect((await ada.get(path)).html).toContain("<dd>Gold</dd>");
  expect(await house.told()).toEqual([`application.plan_changed ${byAda}`]);
});

test("where the provider decides, a developer asks for a plan, and its admins are written to", async ({ house }) => {
  const ada = await house.developer("ada");
  const path = await firstPath(ada);
  const gold = await addPlan(house, "Gold", "published");
  await house.pool.query("update provider_users set email = 'boss@wheat.example' where provider_id = $1", [
    house.provider.id,
  ]);
  await house.told();
  for (const permission of ["request", "request_credit_card"]) {
    await changeProduct(house, `buyer_plan_change_permission = '${permission}'`);
    expect((await ada.get(path)).html).toContain("Ask for another plan");
    expect(await ada.submit(`${path}/plan`, { plan_id: String(gold) })).toMatchObject({
      status: 303,
      location: `${path}?done=plan-asked-for`,
    });
  }
  expect(await house.mailedPath()).toMatch(new RegExp(`^/p/admin/accounts/\\d+${path}$`));
  expect((await ada.get(path)).html).toContain("You have asked for Gold.");
  expect((await ada.get(`${path}/plan`)).html).toContain("You have asked for Gold.");
  expect(await house.told()).toEqual([]);

  await changeProduct(house, "buyer_plan_change_permission = 'direct'");
  await ada.submit(`${path}/plan`, { plan_id: String(gold) });
  expect((await ada.get(path)).html).not.toContain("You have asked for");
});

test("what a product keeps to its provider is not offered, not shown and not done", async ({ house }) => {
  const ada = await house.developer("ada");
  const path = await firstPath(ada);
  const csrf = ada.hiddenInputs((await ada.get(`${path}/edit`)).html, `${path}/edit`);
  await changeProduct(house, "buyers_manage_apps = false, buyer_key_regenerate_enabled = false");
  await house.told();

  for (const page of ["/applications/new", `${path}/edit`, `${path}/delete`, `${path}/user-key`]) {
    expect((await ada.get(page)).status, page).toBe(403);
    expect((await ada.post(page, { ...csrf, name: "Eve" })).status, page).toBe(403);
    expect((await ada.get(path)).html).not.toContain(`href="${page}"`);
  }
  expect((await ada.get("/applications")).html).not.toContain("/applications/new");
  expect(await house.told()).toEqual([]);
});

test("a user key is regenerated after a question, and the old one is gone", async ({ house }) => {
  const ada = await house.developer("ada");
  const path = await firstPath(ada);
  await house.told();
  const keyOn = async (): Promise<string | undefined> => /value="([0-9a-f]{32})"/.exec((await ada.get(path)).html)?.[1];
  const before = await keyOn();
  await ada.get(`${path}/user-key`);
  expect(await keyOn()).toBe(before);

  expect((await ada.submit(`${path}/user-key`)).location).toBe(`${path}?done=key-regenerated`);

  expect(await keyOn()).toMatch(/^[0-9a-f]{32}$/);
  expect(await keyOn()).not.toBe(before);
  expect(await house.told()).toEqual([`application.key_updated ${byAda}`, `application.user_key_updated ${byAda}`]);
  expect((await ada.get(`${path}/keys`)).status).toBe(404);
});

test("keys are added, given or made by us, regenerated and deleted, and the last one stays", async ({ house }) => {
  await changeProduct(house, "backend_version = '2'");
  const ada = await house.developer("ada");
  const path = await firstPath(ada);
  await house.told();
  const pagesOn = async (page: string): Promise<readonly string[]> => {
    const { html } = await ada.get(`${path}/keys`);
    return [...html.matchAll(new RegExp(`href="([^"]*/${page})"`, "g"))].map(([, href = ""]) => href);
  };
  const [onlyKey = ""] = await pagesOn("regenerate");
  expect(await pagesOn("delete")).toEqual([]);
  const refused = await ada.submit(onlyKey.replace("regenerate", "delete"));
  expect(refused.status).toBe(422);
  expect(refused.html).toContain("This is the last key");

  expect((await ada.submit(`${path}/keys`, { value: "my-own-key" })).location).toBe(`${path}/keys?done=key-added`);
  expect((await ada.submit(`${path}/keys`, { value: "" })).status).toBe(303);
  expect((await ada.get(`${path}/keys`)).html).toContain('value="my-own-key"');
  expect(await house.told()).toEqual([`application.key_created ${byAda}`, `application.key_created ${byAda}`]);

  const [doomed = ""] = await pagesOn("delete");
  expect(doomed).not.toContain("my-own-key");
  expect((await ada.submit(doomed)).status).toBe(303);
  expect((await ada.get(doomed)).status).toBe(404);
  expect(await house.told()).toEqual([`application.key_deleted ${byAda}`]);

  const [old = ""] = await pagesOn("regenerate");
  expect((await ada.submit(old)).status).toBe(303);
  expect(await pagesOn("regenerate")).not.toContain(old);
  expect(await house.told()).toEqual(
    ["key_deleted", "key_created", "updated", "key_updated"].map((action) => `application.${action} ${byAda}`),
  );
});

test.for([
  ["abc", /id="value-error">Key is too short/],
  ["two words", /id="value-error">Key is invalid/],
  ["TAKEN-key", /id="value-error">Key has already been taken/],
] as const)("the key %j is refused beside the field", async ([value, words], { house }) => {
  await changeProduct(house, "backend_version = '2'");
  const ada = await house.developer("ada");
  const path = await firstPath(ada);
  await ada.submit(`${path}/keys`, { value: "taken-key" });
  const { status, html } = await ada.submit(`${path}/keys`, { value });
  expect(status).toBe(422);
  expect(html).toMatch(words);
  expect(html).toContain(`value="${value}"`);
});

test("a sixth key is refused with words", async ({ house }) => {
  await changeProduct(house, "backend_version = '2'");
  const ada = await house.developer("ada");
  const path = await firstPath(ada);
  for (let key = 2; key <= 5; key += 1) await ada.submit(`${path}/keys`);
  const { status, html } = await ada.submit(`${path}/keys`);
  expect(status).toBe(422);
  expect(html).toContain("Limit reached");
});

test("where the provider keeps keys to itself, developers only see them", async ({ house }) => {
  await changeProduct(house, "backend_version = '2'");
  const ada = await house.developer("ada");
  const path = await firstPath(ada);
  const { html } = await ada.get(`${path}/keys`);
  const csrf = ada.hiddenInputs(html, `${path}/keys`);
  const [, key] = /keys\/([0-9a-f]{16})\/regenerate/.exec(html) ?? [];
  await changeProduct(house, "buyers_manage_keys = false");
  await house.told();

  expect((await ada.get(`${path}/keys`)).html).not.toContain("<h2>Add a key</h2>");
  for (const page of ["keys", `keys/${key}/delete`, `keys/${key}/regenerate`]) {
    expect((await ada.post(`${path}/${page}`, csrf)).status, page).toBe(403);
  }
  expect(await house.told()).toEqual([]);
});

test("referrer filters are added and deleted, and what is no host is refused beside the field", async ({ house }) => {
  const ada = await house.developer("ada");
  const path = await firstPath(ada);
  expect((await ada.get(`${path}/referrer-filters`)).status).toBe(404);
  expect((await ada.get(path)).html).not.toContain("Referrer filters");
  await changeProduct(house, "referrer_filters_required = true, buyers_manage_apps = false");
  const filters = `${path}/referrer-filters`;
  expect((await ada.get(path)).html).toContain(`href="${filters}">Referrer filters`);

  expect((await ada.submit(filters, { value: "*.tallow.example" })).location).toBe(`${filters}?done=filter-added`);
  const refused = await ada.submit(filters, { value: "not a host" });
  expect(refused.status).toBe(422);
  expect(refused.html).toMatch(/id="value-error">Host is invalid/);
  expect(refused.html).toContain('value="not a host"');

  const [, id] = /referrer-filters\/(\d+)\/delete/.exec((await ada.get(filters)).html) ?? [];
  expect((await ada.get(`${filters}/${id}/delete`)).html).toContain("Delete *.tallow.example?");
  expect((await ada.submit(`${filters}/${id}/delete`)).status).toBe(303);
  expect((await ada.get(filters)).html).not.toContain("*.tallow.example");
});

test("another account's and another provider's applications are not there, whatever the page", async ({
  house,
  neighbour,
}) => {
  await changeProduct(house, "backend_version = '2', referrer_filters_required = true");
  const ada = await house.developer("ada");
  const path = await firstPath(ada);
  const [, key] = /keys\/([0-9a-f]{16})\/regenerate/.exec((await ada.get(`${path}/keys`)).html) ?? [];
  await house.told();
  for (const stranger of [await house.developer("eve"), await neighbour.developer("mallory")]) {
    const csrf = stranger.hiddenInputs((await stranger.get("/applications/new")).html, "/applications/new");
    for (const page of ["edit", "plan", "delete", "user-key", "keys", `keys/${key}/delete`, "referrer-filters"]) {
      expect((await stranger.get(`${path}/${page}`)).status, page).toBe(404);
      expect((await stranger.post(`${path}/${page}`, { ...csrf, name: "Eve" })).status, page).toBe(404);
    }
  }
  expect((await house.told()).filter((it) => !it.includes("eve"))).toEqual([]);
});

test("none of these forms is taken without the session's token", async ({ house }) => {
  const ada = await house.developer("ada");
  const path = await firstPath(ada);
  await house.told();
  for (const page of ["/applications/new", `${path}/edit`, `${path}/delete`, `${path}/user-key`]) {
    expect((await ada.post(page, { name: "Eve" })).status, page).toBe(403);
    const elsewhere = { "sec-fetch-site": "cross-site" };
    expect((await ada.submit(page, { name: "Eve" }, elsewhere)).status, page).toBe(403);
  }
  expect(await house.told()).toEqual([]);
});
