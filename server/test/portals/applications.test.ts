import { expect } from "vitest";
import { changeProduct } from "./change-product.ts";
import { firstPath } from "./first-path.ts";
import { test } from "./portal-test.ts";

const byAda = "by developer ada in developer_portal";

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

test("a limit that is reached, and one of changes in a minute, are said on a page with what to do", async ({
  house,
}) => {
  const ada = await house.developer("ada");
  const limit = (name: string, max: number): Promise<unknown> =>
    house.pool.query("update providers set limits = jsonb_build_object($2::text, $3::integer) where id = $1", [
      house.provider.id,
      name,
      max,
    ]);
  await limit("applications-per-account", 1);
  const full = await ada.submit("/applications/new", { name: "Shop" });
  expect(full.status).toBe(422);
  expect(full.html).toContain("This account has 1 applications, and 1 are allowed (applications-per-account).");

  await limit("changes-per-account-and-minute", 1);
  const tooMany = await ada.submit("/applications/new", { name: "Shop" });
  expect(tooMany).toMatchObject({ status: 429, headers: { "retry-after": "60" } });
  expect(tooMany.html).toContain("changed too often in this minute");
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
    for (const page of [
      "edit",
      "plan",
      "plan/withdraw",
      "delete",
      "user-key",
      "keys",
      `keys/${key}/delete`,
      "referrer-filters",
    ]) {
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
