import { expect } from "vitest";
import { password, test } from "./portal-test.ts";

test("an admin of the account edits the organization, which is told in their name", async ({ house }) => {
  const ada = await house.developer("ada");
  await house.told();
  expect((await ada.get("/account/edit")).html).toMatch(/id="org_name" name="org_name" type="text" value="Tallow Ltd"/);

  const answer = await ada.submit("/account/edit", { org_name: "Tallow & Sons", annotations: "x", state: "suspended" });

  expect(answer).toMatchObject({ status: 303, location: "/account?done=saved" });
  const { html } = await ada.get("/account?done=saved");
  expect(html).toContain("Tallow &amp; Sons");
  expect(html).toContain("Your changes are saved.");
  expect(await house.told()).toEqual(["account.updated by developer ada in developer_portal"]);
});

test("an organization without a name is refused beside the field, with what was typed kept", async ({ house }) => {
  await house.pool.query(
    `insert into fields_definitions (provider_id, target, name, label, position) values ($1, 'Account', 'city', 'City', 2)`,
    [house.provider.id],
  );
  const ada = await house.developer("ada");
  await house.told();

  const { status, html } = await ada.submit("/account/edit", { org_name: "", city: "Ulm" });

  expect(status).toBe(422);
  expect(html).toMatch(/<p class="error" id="org_name-error">[^<]* can&#39;t be blank/);
  expect(html).toContain('value="Ulm"');
  expect(await house.told()).toEqual([]);
});

test("a value that the provider does not offer any more stays while something else is changed", async ({ house }) => {
  await house.pool.query(
    `insert into fields_definitions (provider_id, target, name, label, choices, position)
     values ($1, 'Account', 'size', 'Size', '{few,many}', 2)`,
    [house.provider.id],
  );
  const ada = await house.developer("ada");
  await ada.submit("/account/edit", { org_name: "Tallow Ltd", size: "few" });
  await house.pool.query(`update fields_definitions set choices = '{many}' where provider_id = $1 and name = 'size'`, [
    house.provider.id,
  ]);

  const { html } = await ada.get("/account/edit");
  expect(html).toMatch(/<option>many<\/option>\s*<option selected>few<\/option>/);
  expect((await ada.submit("/account/edit", { org_name: "Tallow & Sons", size: "few" })).status).toBe(303);
  expect(await house.pool.query("select fields from accounts where provider_id = $1", [house.provider.id])).toEqual([
    { fields: { size: "few" } },
  ]);
  const refused = await ada.submit("/account/edit", { org_name: "Tallow & Sons", size: "none" });
  expect(refused.html).toContain("Size is not included in the list");
});

test("where the provider keeps the account area to itself, there is nothing to edit", async ({ house }) => {
  const ada = await house.developer("ada");
  await house.pool.query("update providers set user_account_area_enabled = false where id = $1", [house.provider.id]);
  expect((await ada.get("/account/edit")).status).toBe(404);
  expect((await ada.get("/account")).html).not.toContain("/account/edit");
});

test("one's own details change with the current password, and not without it", async ({ house }) => {
  const ada = await house.developer("ada");
  await house.told();
  const details = { username: "ada.l", email: "ada@tallow.example" };

  expect((await ada.get("/account/details")).html).toContain('id="current_password-hint"');
  const empty = await ada.submit("/account/details", { ...details, current_password: "" });
  expect(empty.html).toMatch(/id="current_password-error">Current password can&#39;t be blank</);
  const refused = await ada.submit("/account/details", { ...details, current_password: "wrong" });
  expect(refused.status).toBe(422);
  expect(refused.html).toMatch(/id="current_password-error">Current password is incorrect/);
  expect(refused.html).toContain('value="ada.l"');
  expect(await house.told()).toEqual([]);

  const saved = await ada.submit("/account/details", { ...details, current_password: password });
  expect(saved).toMatchObject({ status: 303, location: "/account?done=saved" });
  expect(await house.told()).toEqual(["user.updated by developer ada.l in developer_portal"]);
});

test("a name that somebody else has is refused beside the field", async ({ house }) => {
  await house.developer("bob");
  const ada = await house.developer("ada");
  const { status, html } = await ada.submit("/account/details", { username: "BOB", current_password: password });
  expect(status).toBe(422);
  expect(html).toMatch(/id="username-error">Username has already been taken/);
});

test("a new password logs out every other browser and no more", async ({ house }) => {
  const ada = await house.developer("ada");
  const phone = house.visitor("developer");
  await phone.submit("/login", { username: "ada", password });
  const next = "another horse entirely";

  const answer = await ada.submit("/account/password", {
    current_password: password,
    password: next,
    password_confirmation: next,
  });

  expect(answer).toMatchObject({ status: 303, location: "/account?done=password-changed" });
  expect((await ada.get("/account")).status).toBe(200);
  expect((await phone.get("/account")).status).toBe(302);
  expect((await phone.submit("/login", { username: "ada", password })).status).toBe(422);
  expect((await phone.submit("/login", { username: "ada", password: next })).status).toBe(303);
});

test.for([
  [{ password: "" }, "password-error", "can&#39;t be blank"],
  [{ password: "short", password_confirmation: "short" }, "password-error", "is too short"],
  [{ password_confirmation: "different words" }, "password_confirmation-error", "again doesn&#39;t match New password"],
  [{ current_password: "wrong" }, "current_password-error", "is incorrect"],
  [{ current_password: "" }, "current_password-error", "can&#39;t be blank"],
  [{ current_password: "", password: "short" }, "current_password-error", "can&#39;t be blank"],
  [{ current_password: "", password: "short" }, "password-error", "is too short"],
  [{ current_password: "", password: "" }, "current_password-error", "can&#39;t be blank"],
  [{ current_password: "", password: "" }, "password-error", "can&#39;t be blank"],
] as const)("a password form with %j is refused beside the field", async ([wrong, id, words], { house }) => {
  const ada = await house.developer("ada");
  const right = { current_password: password, password: "another horse", password_confirmation: "another horse" };
  const { status, html } = await ada.submit("/account/password", { ...right, ...wrong });
  expect(status).toBe(422);
  expect(html).toMatch(new RegExp(`id="${id}">[^<]*${words}`));
  expect(html).not.toContain("another horse");
});

test("ten wrong guesses at the current password are enough, on both forms together", async ({ house, clock }) => {
  const ada = await house.developer("ada");
  for (let time = 0; time < 10; time += 1) await ada.submit("/account/details", { current_password: "wrong" });
  expect((await ada.submit("/account/details", { current_password: password })).status).toBe(429);
  const right = { current_password: password, password: "another horse", password_confirmation: "another horse" };
  expect((await ada.submit("/account/password", right)).status).toBe(429);
  await clock.advance(600_000);
  expect((await ada.submit("/account/password", right)).status).toBe(303);
});

test("the account's plan can be changed only where the provider says so, and only to a published one", async ({
  house,
}) => {
  const ada = await house.developer("ada");
  await house.pool.query(
    `insert into plans (provider_id, kind, name, system_name, state) values
     ($1, 'account_plan', 'Gold', 'gold', 'published'), ($1, 'account_plan', 'Secret', 'secret', 'hidden')`,
    [house.provider.id],
  );
  await house.told();
  const permit = (step: string) =>
    house.pool.query("update providers set change_account_plan_permission = $2 where id = $1", [
      house.provider.id,
      step,
    ]);
  await permit("none");
  expect((await ada.get("/account/plan")).status).toBe(404);

  await permit("direct");
  const { html } = await ada.get("/account/plan");
  expect(html).not.toContain("Secret");
  const [, gold = ""] = /<option value="(\d+)">Gold/.exec(html) ?? [];
  expect((await ada.submit("/account/plan", { plan_id: String(Number(gold) + 1) })).status).toBe(422);
  expect(await ada.submit("/account/plan", { plan_id: gold })).toMatchObject({ status: 303 });

  expect((await ada.get("/account")).html).toContain("Gold");
  expect(await house.told()).toEqual(["account.plan_changed by developer ada in developer_portal"]);
});

test("who asks for another account plan reads which one there is, and what each costs", async ({ house }) => {
  const ada = await house.developer("ada");
  await house.pool.query("update plans set setup_fee = 5 where provider_id = $1 and kind = 'account_plan'", [
    house.provider.id,
  ]);
  await house.pool.query(
    `insert into plans (provider_id, kind, name, system_name, state, cost_per_month)
     values ($1, 'account_plan', 'Gold', 'gold', 'published', 1234.5)`,
    [house.provider.id],
  );
  const { html } = await ada.get("/account/plan");
  expect(html).toMatch(/Tallow Ltd is on the plan [^(<]* \(5 to set up\)\./);
  expect(html).toContain("<li>Gold (1,234.5 a month)</li>");
});

test("who has asked for an account plan takes that back after a question, until it is decided", async ({ house }) => {
  const ada = await house.developer("ada");
  await house.pool.query(
    `insert into plans (provider_id, kind, name, system_name, state) values ($1, 'account_plan', 'Gold', 'gold', 'published')`,
    [house.provider.id],
  );
  expect((await ada.get("/account/plan/withdraw")).status).toBe(404);
  const [, gold = ""] = /<option value="(\d+)">Gold/.exec((await ada.get("/account/plan")).html) ?? [];
  await ada.submit("/account/plan", { plan_id: gold });
  await house.told();

  expect((await ada.get("/account")).html).toContain('href="/account/plan/withdraw"');
  expect((await ada.get("/account/plan/withdraw")).html).toContain("Withdraw the request for Gold?");
  expect((await ada.submit("/account/plan/withdraw")).location).toBe("/account?done=request-withdrawn");

  expect((await ada.get("/account")).html).not.toContain("You have asked for");
  expect(await house.told()).toEqual([]);
});

test("where the provider decides, another account plan is asked for, and stays as it is until then", async ({
  house,
}) => {
  const ada = await house.developer("ada");
  await house.pool.query(
    `insert into plans (provider_id, kind, name, system_name, state) values ($1, 'account_plan', 'Gold', 'gold', 'published')`,
    [house.provider.id],
  );
  await house.pool.query("update provider_users set email = 'boss@acme.example' where provider_id = $1", [
    house.provider.id,
  ]);
  await house.told();
  const { html } = await ada.get("/account/plan");
  expect(html).toContain("decides whether your account moves to another");
  const [, gold = ""] = /<option value="(\d+)">Gold/.exec(html) ?? [];

  expect(await ada.submit("/account/plan", { plan_id: gold })).toMatchObject({
    status: 303,
    location: "/account?done=plan-asked-for",
  });
  expect((await ada.get("/account")).html).toContain("You have asked for Gold.");
  expect(await house.told()).toEqual([]);
  expect(
    await house.pool.query(
      "select subject, text from mails where recipient = 'boss@acme.example' and provider_id = $1",
      [house.provider.id],
    ),
  ).toMatchObject([
    {
      subject: expect.stringMatching(/ asks for the plan Gold$/),
      text: expect.stringContaining("asks to move its account from"),
    },
  ]);

  for (let time = 2; time <= 10; time += 1) await ada.submit("/account/plan", { plan_id: gold });
  expect((await ada.submit("/account/plan", { plan_id: gold })).status).toBe(429);
  expect(await house.pool.query("select from mails where provider_id = $1", [house.provider.id])).toHaveLength(1);
});

test("none of these forms is taken without the session's token, or from another site", async ({ house }) => {
  const ada = await house.developer("ada");
  for (const path of ["/account/edit", "/account/details", "/account/password"]) {
    expect((await ada.post(path, { org_name: "Eve" })).status, path).toBe(403);
    const elsewhere = await ada.submit(path, { org_name: "Eve" }, { origin: "https://elsewhere.example" });
    expect(elsewhere.status, path).toBe(403);
    expect((await house.visitor("developer").get(path)).location).toBe(`/login?return_to=${encodeURIComponent(path)}`);
  }
});
