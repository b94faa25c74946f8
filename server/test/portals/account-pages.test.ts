import { expect } from "vitest";
import { firstApplicationPath, password, test } from "./portal-test.ts";

test("an admin of the account edits the organization, and the event names them as the actor", async ({ portal }) => {
  const ada = await portal.developer("ada");
  await portal.newEvents();
  expect((await ada.get("/account/edit")).html).toMatch(/id="org_name" name="org_name" type="text" value="Tallow Ltd"/);

  const response = await ada.submit("/account/edit", {
    org_name: "Tallow & Sons",
    annotations: "x",
    state: "suspended",
  });

  expect(response).toMatchObject({ status: 303, location: "/account?done=saved" });
  const { html } = await ada.get("/account?done=saved");
  expect(html).toContain("Tallow &amp; Sons");
  expect(html).toContain("Your changes have been saved.");
  expect(await portal.newEvents()).toEqual(["account.updated by developer ada in developer_portal"]);
});

test("an organization without a name is rejected with an error at the field, and the other values are kept", async ({
  portal,
}) => {
  await portal.pool.query(
    `insert into fields_definitions (provider_id, target, name, label, position) values ($1, 'Account', 'city', 'City', 2)`,
    [portal.provider.id],
  );
  const ada = await portal.developer("ada");
  await portal.newEvents();

  const { status, html } = await ada.submit("/account/edit", { org_name: "", city: "Ulm" });

  expect(status).toBe(422);
  expect(html).toMatch(/<p class="error" id="org_name-error">[^<]* can&#39;t be blank/);
  expect(html).toContain('value="Ulm"');
  expect(await portal.newEvents()).toEqual([]);
});

test("editing another field keeps a value that is no longer offered", async ({ portal }) => {
  await portal.pool.query(
    `insert into fields_definitions (provider_id, target, name, label, choices, position)
     values ($1, 'Account', 'size', 'Size', '{few,many}', 2)`,
    [portal.provider.id],
  );
  const ada = await portal.developer("ada");
  await ada.submit("/account/edit", { org_name: "Tallow Ltd", size: "few" });
  await portal.pool.query(
    `update fields_definitions set choices = '{"too  many"}' where provider_id = $1 and name = 'size'`,
    [portal.provider.id],
  );

  const { html } = await ada.get("/account/edit");
  // Without its attribute, a browser sends a value with single spaces, which is not on the list.
  expect(html).toMatch(/<option value="too  many">too  many<\/option>\s*<option value="few" selected>few<\/option>/);
  expect((await ada.submit("/account/edit", { org_name: "Tallow & Sons", size: "few" })).status).toBe(303);
  expect(await portal.pool.query("select fields from accounts where provider_id = $1", [portal.provider.id])).toEqual([
    { fields: { size: "few" } },
  ]);
  const refused = await ada.submit("/account/edit", { org_name: "Tallow & Sons", size: "none" });
  expect(refused.html).toContain("Size is not included in the list");
});

test("developers see read-only fields, but cannot change them, and see no hidden ones", async ({ portal }) => {
  const { pool, provider } = portal;
  const ada = await portal.developer("ada");
  for (const [target, name] of [
    ["Account", "tier"],
    ["User", "badge"],
    ["Cinstance", "quota"],
  ] as const) {
    await pool.query(
      `insert into fields_definitions (provider_id, target, name, label, read_only, hidden, position) values
         ($1, $2, $3, initcap($3), true, false, 8), ($1, $2, $3 || '_secret', 'Secret', true, true, 9)`,
      [provider.id, target, name],
    );
    const table = { Account: "accounts", User: "users", Cinstance: "applications" }[target];
    await pool.query(
      `update ${table} set fields = jsonb_build_object($2::text, $2 || ' <1>', $2 || '_secret', 'not theirs') where provider_id = $1`,
      [provider.id, name],
    );
  }

  const page = (await ada.get("/account")).html + (await ada.get(await firstApplicationPath(ada))).html;
  for (const name of ["tier", "badge", "quota"])
    expect(page).toMatch(new RegExp(`<dt>${name}</dt><dd[^>]*>${name} &lt;1&gt;</dd>`, "i"));
  expect(page).not.toContain("not theirs");
  expect((await ada.get("/account/edit")).html).not.toContain('name="tier"');
});

test("the organization cannot be edited if the account area is disabled", async ({ portal }) => {
  const ada = await portal.developer("ada");
  await portal.pool.query("update providers set user_account_area_enabled = false where id = $1", [portal.provider.id]);
  expect((await ada.get("/account/edit")).status).toBe(404);
  expect((await ada.get("/account")).html).not.toContain("/account/edit");
});

test("changing one's details requires the current password", async ({ portal }) => {
  const ada = await portal.developer("ada");
  await portal.newEvents();
  const details = { username: "ada.l", email: "ada@tallow.example" };

  expect((await ada.get("/account/details")).html).toContain('id="current_password-hint"');
  const empty = await ada.submit("/account/details", { ...details, current_password: "" });
  expect(empty.html).toMatch(/id="current_password-error">Current password can&#39;t be blank</);
  const refused = await ada.submit("/account/details", { ...details, current_password: "wrong" });
  expect(refused.status).toBe(422);
  expect(refused.html).toMatch(/id="current_password-error">Current password is incorrect/);
  expect(refused.html).toContain('value="ada.l"');
  expect(await portal.newEvents()).toEqual([]);

  const saved = await ada.submit("/account/details", { ...details, current_password: password });
  expect(saved).toMatchObject({ status: 303, location: "/account?done=saved" });
  expect(await portal.newEvents()).toEqual(["user.updated by developer ada.l in developer_portal"]);
});

test("changed email addresses count as mails of the account, which are limited", async ({ portal }) => {
  const ada = await portal.developer("ada");
  const save = async (name: string): Promise<number> =>
    (await ada.submit("/account/details", { email: `${name}@tallow.example`, current_password: password })).status;
  for (let place = 1; place <= 50; place += 1) expect(await save(`ada${place}`)).toBe(303);
  expect([await save("ada51"), await save("ada50")]).toEqual([429, 303]);
  expect((await ada.submit("/account/invitations", { email: "bea@tallow.example" })).status).toBe(429);
  const mailed = "select distinct recipient from mails where provider_id = $1 and subject like '%address was changed'";
  expect(await portal.pool.query(mailed, [portal.provider.id])).toHaveLength(50);
});

test("a new password logs out all other browsers, but not this one", async ({ portal }) => {
  const ada = await portal.developer("ada");
  const phone = portal.visitor("developer");
  await phone.submit("/login", { username: "ada", password });
  const next = "another horse entirely";

  const response = await ada.submit("/account/password", {
    current_password: password,
    password: next,
    password_confirmation: next,
  });

  expect(response).toMatchObject({ status: 303, location: "/account?done=password-changed" });
  expect((await ada.get("/account")).status).toBe(200);
  expect((await phone.get("/account")).status).toBe(302);
  expect((await phone.submit("/login", { username: "ada", password })).status).toBe(422);
  expect((await phone.submit("/login", { username: "ada", password: next })).status).toBe(303);
});

test.for([
  [{ password: "" }, "password-error", "can&#39;t be blank"],
  [{ password: "short", password_confirmation: "short" }, "password-error", "is too short"],
  [
    { password_confirmation: "different words" },
    "password_confirmation-error",
    "confirmation doesn&#39;t match New password",
  ],
  [{ current_password: "wrong" }, "current_password-error", "is incorrect"],
  [{ current_password: "" }, "current_password-error", "can&#39;t be blank"],
  [{ current_password: "", password: "short" }, "current_password-error", "can&#39;t be blank"],
  [{ current_password: "", password: "short" }, "password-error", "is too short"],
  [{ current_password: "", password: "" }, "current_password-error", "can&#39;t be blank"],
  [{ current_password: "", password: "" }, "password-error", "can&#39;t be blank"],
] as const)(
  "a password form with %j is rejected with an error at the field",
  async ([wrong, id, words], { portal }) => {
    const ada = await portal.developer("ada");
    const right = { current_password: password, password: "another horse", password_confirmation: "another horse" };
    const { status, html } = await ada.submit("/account/password", { ...right, ...wrong });
    expect(status).toBe(422);
    expect(html).toMatch(new RegExp(`id="${id}">[^<]*${words}`));
    expect(html).not.toContain("another horse");
  },
);

test("ten wrong current passwords block both forms for ten minutes", async ({ portal, clock }) => {
  const ada = await portal.developer("ada");
  for (let time = 0; time < 10; time += 1) await ada.submit("/account/details", { current_password: "wrong" });
  expect((await ada.submit("/account/details", { current_password: password })).status).toBe(429);
  const right = { current_password: password, password: "another horse", password_confirmation: "another horse" };
  expect((await ada.submit("/account/password", right)).status).toBe(429);
  await clock.advance(600_000);
  expect((await ada.submit("/account/password", right)).status).toBe(303);
});

test("without scripts, a double click changes the password once, and the second click is no way to guess it", async ({
  portal,
  clock,
}) => {
  const ada = await portal.developer("ada");
  const path = "/account/password";
  const next = { password: "another horse", password_confirmation: "another horse" };
  const form = { ...ada.hiddenInputs((await ada.get(path)).html, path), current_password: password, ...next };
  await portal.newEvents();
  await clock.advance(1000);
  const changed = { status: 303, location: "/account?done=password-changed" };
  for (const _ of ["first", "second"]) expect(await ada.post(path, form)).toMatchObject(changed);
  expect(await portal.newEvents()).toHaveLength(1);
  await clock.advance(1000);
  expect((await ada.submit(path, { current_password: password, ...next })).status, "a new form").toBe(422);

  await clock.advance(60_000);
  expect((await ada.post(path, form)).status, "after a minute").toBe(422);
  await clock.advance(600_000);
  expect((await ada.submit(path, { current_password: next.password, ...next })).status).toBe(303);
  const earlier = ada.hiddenInputs((await ada.get(path)).html, path);
  await clock.advance(1000);
  await portal.pool.query("update users set updated_at = $2 where provider_id = $1", [portal.provider.id, clock.now()]);
  const guess = {
    ...earlier,
    current_password: "a wrong one",
    password: "a guess too",
    password_confirmation: "a guess too",
  };
  for (let time = 0; time < 5; time += 1) expect((await ada.post(path, guess)).status).toBe(422);
  expect((await ada.post(path, guess)).status, "two guesses at a time").toBe(429);
});

test("the account's plan can be changed to a published one, if the provider allows it", async ({ portal }) => {
  const ada = await portal.developer("ada");
  await portal.pool.query(
    `insert into plans (provider_id, kind, name, system_name, state) values
     ($1, 'account_plan', 'Gold', 'gold', 'published'), ($1, 'account_plan', 'Secret', 'secret', 'hidden')`,
    [portal.provider.id],
  );
  await portal.newEvents();
  const permit = (step: string) =>
    portal.pool.query("update providers set change_account_plan_permission = $2 where id = $1", [
      portal.provider.id,
      step,
    ]);
  await permit("none");
  expect((await ada.get("/account/plan")).status).toBe(404);
  expect((await ada.get("/account")).html).not.toContain('href="/account/plan"');

  await permit("direct");
  expect((await ada.get("/account")).html).toContain('<a href="/account/plan">Change account plan</a>');
  const { html } = await ada.get("/account/plan");
  expect(html).not.toContain("Secret");
  const [, gold = ""] = /<option value="(\d+)">Gold/.exec(html) ?? [];
  expect((await ada.submit("/account/plan", { plan_id: String(Number(gold) + 1) })).status).toBe(422);
  expect(await ada.submit("/account/plan", { plan_id: gold })).toMatchObject({ status: 303 });

  expect((await ada.get("/account")).html).toContain("Gold");
  expect(await portal.newEvents()).toEqual(["account.plan_changed by developer ada in developer_portal"]);
});

test("the account plan form shows the current plan and the terms of each plan", async ({ portal }) => {
  const ada = await portal.developer("ada");
  await portal.pool.query("update plans set setup_fee = 5 where provider_id = $1 and kind = 'account_plan'", [
    portal.provider.id,
  ]);
  await portal.pool.query(
    `insert into plans (provider_id, kind, name, system_name, state, cost_per_month)
     values ($1, 'account_plan', 'Gold', 'gold', 'published', 1234.5)`,
    [portal.provider.id],
  );
  const { html } = await ada.get("/account/plan");
  expect(html).toMatch(/Tallow Ltd is on the plan [^(<]* \(5 setup fee\)\./);
  expect(html).toContain("<li>Gold (1,234.5 per month)</li>");
});

test("an undecided account plan change request can be withdrawn after a confirmation", async ({ portal }) => {
  const ada = await portal.developer("ada");
  await portal.pool.query(
    `insert into plans (provider_id, kind, name, system_name, state) values ($1, 'account_plan', 'Gold', 'gold', 'published')`,
    [portal.provider.id],
  );
  expect((await ada.get("/account/plan/withdraw")).status).toBe(404);
  const [, gold = ""] = /<option value="(\d+)">Gold/.exec((await ada.get("/account/plan")).html) ?? [];
  await ada.submit("/account/plan", { plan_id: gold });
  await portal.newEvents();

  expect((await ada.get("/account")).html).toContain('href="/account/plan/withdraw"');
  expect((await ada.get("/account/plan/withdraw")).html).toContain("Withdraw the request for Gold?");
  expect((await ada.submit("/account/plan/withdraw")).location).toBe("/account?done=request-withdrawn");

  expect((await ada.get("/account")).html).not.toContain("You have requested");
  expect(await portal.newEvents()).toEqual([]);
});

test("an account plan change request is stored and mailed, and the plan does not change", async ({ portal }) => {
  const ada = await portal.developer("ada");
  await portal.pool.query(
    `insert into plans (provider_id, kind, name, system_name, state) values ($1, 'account_plan', 'Gold', 'gold', 'published')`,
    [portal.provider.id],
  );
  await portal.pool.query("update provider_users set email = 'boss@acme.example' where provider_id = $1", [
    portal.provider.id,
  ]);
  await portal.newEvents();
  const { html } = await ada.get("/account/plan");
  expect((await ada.get("/account")).html).toContain('<a href="/account/plan">Request another account plan</a>');
  expect(html).toContain("must approve a change");
  const [, gold = ""] = /<option value="(\d+)">Gold/.exec(html) ?? [];

  expect(await ada.submit("/account/plan", { plan_id: gold })).toMatchObject({
    status: 303,
    location: "/account?done=plan-requested",
  });
  expect((await ada.get("/account")).html).toMatch(/You have requested (?:<bdi>)?Gold/);
  expect(await portal.newEvents()).toEqual([]);
  expect(
    await portal.pool.query(
      "select subject, text from mails where recipient = 'boss@acme.example' and provider_id = $1",
      [portal.provider.id],
    ),
  ).toMatchObject([
    {
      subject: expect.stringMatching(/ asks for the plan Gold$/),
      text: expect.stringContaining("asks to move its account from"),
    },
  ]);

  for (let time = 2; time <= 10; time += 1) await ada.submit("/account/plan", { plan_id: gold });
  expect((await ada.submit("/account/plan", { plan_id: gold })).status).toBe(429);
  expect(await portal.pool.query("select from mails where provider_id = $1", [portal.provider.id])).toHaveLength(1);
});
