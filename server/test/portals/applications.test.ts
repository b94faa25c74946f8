import { expect } from "vitest";
import { attemptLimits } from "#platform/limits.ts";
import { firstApplicationPath, updateProduct, test } from "./portal-test.ts";

const byAda = "by developer ada in developer_portal";

test("a developer creates an application, renames it, and deletes it after a confirmation", async ({ portal }) => {
  const ada = await portal.developer("ada");
  await portal.newEvents();
  expect((await ada.get("/applications")).html).toContain('href="/applications/new"');
  expect((await ada.get("/applications/new")).html).not.toContain("plan_id");

  const created = await ada.submit("/applications/new", { name: "Shop", description: "Sells" });
  expect(created.location).toMatch(/^\/applications\/\d+\?done=application-created$/);
  const [path = ""] = created.location?.split("?") ?? [];
  expect((await ada.get(path)).html).toContain("<h1><bdi>Shop</bdi></h1>");

  expect(await ada.submit(`${path}/edit`, { name: "Market", description: "" })).toMatchObject({
    status: 303,
    location: `${path}?done=saved`,
  });
  expect((await ada.get(path)).html).toContain("<h1><bdi>Market</bdi></h1>");
  expect(await portal.newEvents()).toEqual([`application.created ${byAda}`, `application.updated ${byAda}`]);

  expect((await ada.get(`${path}/delete`)).html).toContain("Delete Market?");
  expect(await portal.newEvents()).toEqual([]);
  expect(await ada.submit(`${path}/delete`)).toMatchObject({ location: "/applications?done=application-deleted" });
  expect(await portal.newEvents()).toEqual([`application.deleted ${byAda}`]);
  const gone = await ada.get(`${path}?done=saved`);
  expect(gone.status).toBe(404);
  expect(gone.html).not.toContain("Your changes have been saved.");
});

test("a form says that a limit of applications, or of changes per minute, was reached", async ({ portal }) => {
  const ada = await portal.developer("ada");
  const limit = (name: string, max: number): Promise<unknown> =>
    portal.pool.query("update providers set limits = jsonb_build_object($2::text, $3::integer) where id = $1", [
      portal.provider.id,
      name,
      max,
    ]);
  await limit("applications-per-account", 1);
  const full = await ada.submit("/applications/new", { name: "Shop" });
  expect(full.status).toBe(422);
  expect(full.html).toContain("This account has 1 application, and 1 is allowed. Nothing was changed.");

  await limit("changes-per-account-and-minute", 1);
  const tooMany = await ada.submit("/applications/new", { name: "Shop" });
  expect(tooMany).toMatchObject({ status: 429, headers: { "retry-after": "60" } });
  expect(tooMany.html).toContain("changed too often within a minute. Nothing was changed");
  expect(tooMany.html).toMatch(/ name="name"[^>]* value="Shop"/);
});

test("a developer cannot flood the mailboxes of the team with changes that it is notified of", async ({
  portal,
  clock,
}) => {
  const { pool, provider } = portal;
  const chief = await portal.addProviderUser("chief", "admin");
  const ada = await portal.developer("ada");
  const createdAndDeleted = async (): Promise<readonly number[]> => {
    const created = await ada.submit("/applications/new", { name: "Shop" });
    const [path = ""] = created.location?.split("?") ?? [];
    return [created.status, (await ada.submit(`${path}/delete`)).status];
  };
  const mailCount = async () => (await pool.query("select from mails where recipient = 'chief@acme.example'")).length;
  // Nobody is notified, so nothing counts.
  for (let at = 0; at < 2; at += 1) expect(await createdAndDeleted()).toEqual([303, 303]);
  await pool.query(
    `update provider_users
     set email = 'chief@acme.example', notifications = '{"application_created": true, "cinstance_cancellation": true}'
     where provider_id = $1 and id = $2`,
    [provider.id, chief.id],
  );
  const { max } = attemptLimits.mailsOfUsers;
  for (let mails = 0; mails < max; mails += 2) expect(await createdAndDeleted()).toEqual([303, 303]);
  expect(await mailCount()).toBe(max);
  const refused = await ada.submit("/applications/new", { name: "Shop" });
  expect([refused.status, refused.headers["retry-after"]]).toEqual([429, "600"]);
  expect(refused.html).toContain(
    "gets an email about each of these changes, and there were too many. Nothing was changed: submit the form again in 10 minutes.",
  );
  expect(refused.html).toMatch(/ name="name"[^>]* value="Shop"/);
  expect(await mailCount()).toBe(max);
  expect((await (await portal.developer("bob")).submit("/applications/new", { name: "Shop" })).status).toBe(303);
  await clock.advance(600_000);
  expect(await createdAndDeleted()).toEqual([303, 303]);
});

test("every page of an application that has no name calls it by its number", async ({ portal }) => {
  await updateProduct(portal, "backend_version = '2', referrer_filters_required = true");
  const ada = await portal.developer("ada");
  const path = await firstApplicationPath(ada);
  await portal.pool.query("update applications set name = null where provider_id = $1", [portal.provider.id]);

  const title = `Application ${path.split("/").at(-1)}`;
  for (const page of ["", "/edit", "/delete", "/keys", "/referrer-filters"]) {
    const { status, html } = await ada.get(path + page);
    expect([page, status]).toEqual([page, 200]);
    expect(html).toContain(title);
    expect(html).not.toContain("null");
  }
});

test("an application without a name is rejected with an error at the field, and the other values are kept", async ({
  portal,
}) => {
  const ada = await portal.developer("ada");
  for (const path of ["/applications/new", `${await firstApplicationPath(ada)}/edit`]) {
    const { status, html } = await ada.submit(path, { name: "", description: "Sells" });
    expect(status).toBe(422);
    expect(html).toMatch(/id="name-error">Name can&#39;t be blank/);
    expect(html).toMatch(/<textarea[^>]*>\s*Sells<\/textarea>/);
  }
});

test("an application that requires approval shows that it is waiting, and a suspended one whom to contact", async ({
  portal,
}) => {
  const ada = await portal.developer("ada");
  await portal.pool.query(
    "update plans set approval_required = true where provider_id = $1 and kind = 'application_plan'",
    [portal.provider.id],
  );
  const { location = "" } = await ada.submit("/applications/new", { name: "Shop" });
  expect((await ada.get(location)).html).toContain("is waiting for approval");
  const [path = ""] = location.split("?", 1);
  const hint = "These credentials will work once the application is approved.";
  expect((await ada.get(path)).html).toContain(hint);

  const setState = (state: string) =>
    portal.pool.query("update applications set state = $2 where provider_id = $1", [portal.provider.id, state]);
  await setState("suspended");
  expect((await ada.get(path)).html).toContain("the application is suspended. Contact Wheat &amp; Sons.");
  await setState("live");
  expect((await ada.get(path)).html).not.toMatch(/These credentials (will|do not) work/);
});

test("forms reserved for the provider are not linked, shown or accepted", async ({ portal }) => {
  const ada = await portal.developer("ada");
  const path = await firstApplicationPath(ada);
  const csrf = ada.hiddenInputs((await ada.get(`${path}/edit`)).html, `${path}/edit`);
  await updateProduct(portal, "buyers_manage_apps = false, buyer_key_regenerate_enabled = false");
  await portal.newEvents();

  for (const page of ["/applications/new", `${path}/edit`, `${path}/delete`, `${path}/user-key`]) {
    expect((await ada.get(page)).status, page).toBe(403);
    expect((await ada.post(page, { ...csrf, name: "Eve" })).status, page).toBe(403);
    expect((await ada.get(path)).html).not.toContain(`href="${page}"`);
  }
  expect((await ada.get("/applications")).html).not.toContain("/applications/new");
  expect(await portal.newEvents()).toEqual([]);
});

test("referrer filters can be added and deleted, and an invalid host is rejected with an error at the field", async ({
  portal,
}) => {
  const ada = await portal.developer("ada");
  const path = await firstApplicationPath(ada);
  expect((await ada.get(`${path}/referrer-filters`)).status).toBe(404);
  expect((await ada.get(path)).html).not.toContain("Referrer filters");
  await updateProduct(portal, "referrer_filters_required = true, buyers_manage_apps = false");
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
  const empty = (await ada.get(filters)).html;
  expect(empty).not.toContain("*.tallow.example");
  expect(empty).toContain("There is no filter yet, so the API accepts no call.");
  const token = ada.hiddenInputs(empty, filters);
  for (let at = 0; at < 5; at += 1) await ada.submit(filters, { value: `h${at}.tallow.example` });
  for (const { html } of [await ada.get(filters), await ada.post(filters, { ...token, value: "h5.tallow.example" })]) {
    expect(html).toContain("An application can have 5 referrer filters. Delete one to add another.");
    expect(html).not.toMatch(/Limit reached|<form class="card"/);
  }
});

test("every page responds 404 for another account's or provider's application", async ({ portal, otherPortal }) => {
  await updateProduct(portal, "backend_version = '2', referrer_filters_required = true");
  const ada = await portal.developer("ada");
  const path = await firstApplicationPath(ada);
  const [, key] = /keys\/([0-9a-f]{16})\/regenerate/.exec((await ada.get(`${path}/keys`)).html) ?? [];
  await portal.newEvents();
  for (const stranger of [await portal.developer("eve"), await otherPortal.developer("mallory")]) {
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
  expect((await portal.newEvents()).filter((each) => !each.includes("eve"))).toEqual([]);
});
