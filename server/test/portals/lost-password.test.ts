import { expect } from "vitest";
import { suspendUser, unsuspendUser } from "#portal/users/index.ts";
import { password, test } from "./portal-test.ts";
import type { Visitor } from "./visitor.ts";

const next = "another horse entirely";
const twice = { password: next, password_confirmation: next };

test("who has lost the password chooses another by the link in a mail, which works once", async ({ house }) => {
  const ada = await house.developer("ada");
  const phone = house.visitor("developer");
  await house.told();
  expect(await phone.submit("/lost-password", { email: "ADA@tallow.example" })).toMatchObject({
    status: 303,
    location: "/lost-password/check-mail",
  });
  expect((await phone.get("/lost-password/check-mail")).html).toContain('<a class="button" href="/login">');
  const path = await house.mailedPath();
  expect((await phone.get(path)).html).toContain("For ada.");

  expect(await phone.submit(path, twice)).toMatchObject({ status: 303, location: "/login?done=password-chosen" });

  expect(phone.cookies.has("bellwire_developer_device")).toBe(true);
  expect((await phone.get("/login?done=password-chosen")).html).toContain("Your new password is set.");
  expect((await phone.get(path)).status).toBe(404);
  expect((await ada.get("/account")).status).toBe(302);
  expect((await phone.submit("/login", { username: "ada", password })).status).toBe(422);
  expect((await phone.submit("/login", { username: "ada", password: next })).status).toBe(303);
  expect(await house.told()).toEqual(["user.updated by system nobody in developer_portal"]);
});

test("nobody learns from the form who has signed up", async ({ house }) => {
  await house.developer("ada");
  const eve = house.visitor("developer");
  const known = await eve.submit("/lost-password", { email: "ada@tallow.example" });
  for (const email of ["nobody@tallow.example", "nonsense", "a\u0000b"]) {
    const { status, location } = await eve.submit("/lost-password", { email });
    expect({ status, location }).toEqual({ status: known.status, location: known.location });
  }
  const mails = await house.pool.query("select from mails where provider_id = $1", [house.provider.id]);
  expect(mails).toHaveLength(1);
});

test("a password that is too short is refused beside the field, and the link still works", async ({ house }) => {
  const ada = await house.developer("ada");
  await ada.submit("/lost-password", { email: "ada@tallow.example" });
  const path = await house.mailedPath();
  const { status, html } = await ada.submit(path, { password: "short", password_confirmation: "short" });
  expect(status).toBe(422);
  expect(html).toMatch(/id="password-error">New password is too short/);
  expect((await ada.submit(path, twice)).status).toBe(303);
});

test("who asks again within five minutes gets no second mail, and afterwards a link that replaces the first", async ({
  house,
  clock,
}) => {
  const ada = await house.developer("ada");
  const ask = () => ada.submit("/lost-password", { email: "ada@tallow.example" });
  await ask();
  const first = await house.mailedPath();
  await clock.advance(299_000);
  expect((await ask()).location).toBe("/lost-password/check-mail");
  expect(await house.mailedPath()).toBe(first);
  expect((await ada.get(first)).status).toBe(200);

  await clock.advance(1000);
  await ask();
  expect(await house.mailedPath()).not.toBe(first);
  expect((await ada.get(first)).status).toBe(404);
});

test("a link that is an hour old opens nothing", async ({ house, clock }) => {
  const ada = await house.developer("ada");
  await ada.submit("/lost-password", { email: "ada@tallow.example" });
  const path = await house.mailedPath();
  await clock.advance(3_600_000);
  expect((await ada.get(path)).status).toBe(404);
});

test("a form that is not ours sends no mail and sets no password", async ({ house }) => {
  const ada = await house.developer("ada");
  expect((await ada.post("/lost-password", { email: "ada@tallow.example" })).status).toBe(403);
  await ada.submit("/lost-password", { email: "ada@tallow.example" });
  expect((await ada.post(await house.mailedPath(), twice)).status).toBe(403);
});

test("ten requests for one address are enough for a while, from wherever they come", async ({ house }) => {
  await house.developer("ada");
  const ask = async (address: string): Promise<number> => {
    const visitor = house.visitor("developer", { address });
    return (await visitor.submit("/lost-password", { email: "ada@tallow.example" })).status;
  };
  for (let place = 1; place <= 10; place += 1) expect(await ask(`198.51.100.${place}`)).toBe(303);
  expect(await ask("198.51.100.11")).toBe(429);
});

const elsewhere = "ada@elsewhere.example";

test.for([
  ["password", (ada: Visitor) => ada.submit("/account/password", { current_password: password, ...twice })],
  ["address", (ada: Visitor) => ada.submit("/account/details", { email: elsewhere, current_password: password })],
] as const)("a link that was mailed before the owner changed the %s opens nothing", async ([, change], { house }) => {
  const ada = await house.developer("ada");
  const thief = house.visitor("developer");
  await thief.submit("/lost-password", { email: "ada@tallow.example" });
  const path = await house.mailedPath();
  const form = thief.hiddenInputs((await thief.get(path)).html, path);

  expect((await change(ada)).status).toBe(303);

  expect((await thief.get(path)).status).toBe(404);
  const stolen = { password: "a thief's own words", password_confirmation: "a thief's own words" };
  expect((await thief.post(path, { ...form, ...stolen })).status).toBe(404);
  expect((await thief.submit("/login", { username: "ada", password: "a thief's own words" })).status).toBe(422);
});

test("a link that was mailed before a suspension opens nothing after it", async ({ house, clock }) => {
  const ada = await house.developer("ada");
  await ada.submit("/lost-password", { email: "ada@tallow.example" });
  const path = await house.mailedPath();
  const [user] = await house.pool.query<{ userId: number; accountId: number }>(
    `select id as "userId", account_id from users where provider_id = $1`,
    [house.provider.id],
  );
  if (!user) throw new Error("ada was not found.");
  const by = { actor: { kind: "system" }, channel: "system", now: clock.now() } as const;
  await suspendUser(house.pool, { provider: house.provider, ...user, by });
  await unsuspendUser(house.pool, { provider: house.provider, ...user, by });
  expect((await ada.get(path)).status).toBe(404);
});
