import { expect } from "vitest";
import { listMails } from "#portal/mails/index.ts";
import { suspendUser, unsuspendUser } from "#portal/users/index.ts";
import { password, signUpValues, test } from "./portal-test.ts";
import type { Visitor } from "./visitor.ts";

const next = "another horse entirely";
const twice = { password: next, password_confirmation: next };

test("a mailed link sets a new password once, which is mailed", async ({ portal }) => {
  const ada = await portal.developer("ada");
  const phone = portal.visitor("developer");
  await portal.newEvents();
  expect(await phone.submit("/lost-password", { email: "ADA@tallow.example" })).toMatchObject({
    status: 303,
    location: "/lost-password/check-mail",
  });
  expect((await phone.get("/lost-password/check-mail")).html).toContain('<a class="button" href="/login">');
  const path = await portal.mailedPath();
  expect((await phone.get(path)).html).toContain("For ada.");

  expect(await phone.submit(path, twice)).toMatchObject({ status: 303, location: "/login?done=password-chosen" });

  expect(phone.cookies.has("bellwire_developer_device")).toBe(true);
  expect((await phone.get("/login?done=password-chosen")).html).toContain("Your new password has been set.");
  const used = await phone.get(path);
  expect([used.status, used.html]).toEqual([
    404,
    expect.stringContaining("already chosen a new password, log in with"),
  ]);
  expect((await ada.get("/account")).status).toBe(302);
  expect((await phone.submit("/login", { username: "ada", password })).status).toBe(422);
  expect((await phone.submit("/login", { username: "ada", password: next })).status).toBe(303);
  expect(await portal.newEvents()).toEqual(["user.updated by system nobody in developer_portal"]);
  const { rows } = await listMails(portal.pool, portal.provider.id, { limit: 1 });
  expect(rows[0]?.text).toContain("Hello ada,\n\na new password was set for your account at ");
});

test("a mailed link works only in the portal of its provider", async ({ portal, otherPortal }) => {
  await portal.updateProvider({ email_activation: true });
  const eve = otherPortal.visitor("developer");
  const ada = portal.visitor("developer");
  await ada.submit("/signup", signUpValues("ada"));
  const activation = await portal.mailedPath();
  expect((await eve.get(activation)).status).toBe(404);
  expect((await ada.get(activation)).status).toBe(200);

  await ada.submit("/login", { username: "ada", password });
  await ada.submit("/account/invitations", { email: "bea@tallow.example" });
  const invitation = await portal.mailedPath();
  await ada.submit("/lost-password", { email: "ada@tallow.example" });
  const lostPassword = await portal.mailedPath();
  for (const [path, values] of [
    [invitation, { ...twice, username: "eve" }],
    [lostPassword, twice],
  ] as const) {
    expect([path, (await eve.get(path)).status, (await eve.submit(path, values)).status]).toEqual([path, 404, 404]);
    expect([path, (await ada.get(path)).status]).toEqual([path, 200]);
  }
});

test("a password that is set where another user is logged in leads to the login with a notice", async ({ portal }) => {
  await portal.developer("ada");
  const bea = await portal.developer("bea");
  await portal.visitor("developer").submit("/lost-password", { email: "ada@tallow.example" });
  const path = await portal.mailedPath();
  expect((await bea.get(path)).html).toContain("You are logged in as bea. Setting the password logs you out.");

  const { location } = await bea.submit(path, twice);

  const page = await bea.get(location ?? "");
  expect([page.status, page.html.includes("Your new password has been set.")]).toEqual([200, true]);
  expect((await bea.get("/account")).status).toBe(302);
});

test("of two browsers that open a link at the same time, one sets its password", async ({ portal }) => {
  const ada = await portal.developer("ada");
  await ada.submit("/lost-password", { email: "ada@tallow.example" });
  const path = await portal.mailedPath();
  const form = ada.hiddenInputs((await ada.get(path)).html, path);
  const answers = await Promise.all([ada.post(path, { ...form, ...twice }), ada.post(path, { ...form, ...twice })]);
  expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([303, 404]);
});

test("the password form does not reveal which addresses have signed up", async ({ portal }) => {
  await portal.developer("ada");
  const eve = portal.visitor("developer");
  const known = await eve.submit("/lost-password", { email: "ada@tallow.example" });
  for (const email of ["nobody@tallow.example", "nonsense", "a\u0000b"]) {
    const { status, location } = await eve.submit("/lost-password", { email });
    expect({ status, location }).toEqual({ status: known.status, location: known.location });
  }
  const mails = await portal.pool.query("select from mails where provider_id = $1", [portal.provider.id]);
  expect(mails).toHaveLength(1);
});

test("the time of the answer does not reveal which addresses have signed up either", async ({ portal }) => {
  await portal.developer("ada");
  const eve = portal.visitor("developer");
  for (const path of ["/lost-password", "/activate"]) {
    const { html } = await eve.get(path);
    const msOf = async (email: string): Promise<number> => {
      const before = performance.now();
      await eve.post(path, { ...eve.hiddenInputs(html, path), email });
      return performance.now() - before;
    };
    // It takes a tenth of that to store a mail. A timer may end a millisecond early.
    for (const email of ["ada@tallow.example", "nobody@tallow.example"])
      expect([path, email, await msOf(email)]).toEqual([path, email, expect.toSatisfy((ms: number) => ms >= 99)]);
  }
});

test("a short password is rejected with an error at the field, and the link remains valid", async ({ portal }) => {
  const ada = await portal.developer("ada");
  await ada.submit("/lost-password", { email: "ada@tallow.example" });
  const path = await portal.mailedPath();
  const { status, html } = await ada.submit(path, { password: "short", password_confirmation: "short" });
  expect(status).toBe(422);
  expect(html).toMatch(/id="password-error">New password is too short/);
  expect((await ada.submit(path, twice)).status).toBe(303);
});

test("a second password request sends no mail within five minutes, and later a link that replaces the first", async ({
  portal,
  clock,
}) => {
  const ada = await portal.developer("ada");
  const requestMail = () => ada.submit("/lost-password", { email: "ada@tallow.example" });
  await requestMail();
  const first = await portal.mailedPath();
  await clock.advance(299_000);
  expect((await requestMail()).location).toBe("/lost-password/check-mail");
  expect(await portal.mailedPath()).toBe(first);
  expect((await ada.get(first)).status).toBe(200);

  await clock.advance(1000);
  await requestMail();
  expect(await portal.mailedPath()).not.toBe(first);
  expect((await ada.get(first)).status).toBe(404);
});

test("a password link expires after one hour", async ({ portal, clock }) => {
  const ada = await portal.developer("ada");
  await ada.submit("/lost-password", { email: "ada@tallow.example" });
  const path = await portal.mailedPath();
  await clock.advance(3_600_000);
  expect((await ada.get(path)).status).toBe(404);
});

test("password requests for one email are limited to ten, from all client addresses together", async ({ portal }) => {
  await portal.developer("ada");
  const requestFrom = async (address: string): Promise<number> => {
    const visitor = portal.visitor("developer", { address });
    return (await visitor.submit("/lost-password", { email: "ada@tallow.example" })).status;
  };
  for (let place = 1; place <= 10; place += 1) expect(await requestFrom(`198.51.100.${place}`)).toBe(303);
  expect(await requestFrom("198.51.100.11")).toBe(429);
});

const elsewhere = "ada@elsewhere.example";

test.for([
  ["password", (ada: Visitor) => ada.submit("/account/password", { current_password: password, ...twice })],
  ["address", (ada: Visitor) => ada.submit("/account/details", { email: elsewhere, current_password: password })],
] as const)("changing the %s invalidates password links mailed before", async ([, change], { portal }) => {
  const ada = await portal.developer("ada");
  const thief = portal.visitor("developer");
  await thief.submit("/lost-password", { email: "ada@tallow.example" });
  const path = await portal.mailedPath();
  const form = thief.hiddenInputs((await thief.get(path)).html, path);

  expect((await change(ada)).status).toBe(303);

  expect((await thief.get(path)).status).toBe(404);
  const stolen = { password: "a thief's own words", password_confirmation: "a thief's own words" };
  expect((await thief.post(path, { ...form, ...stolen })).status).toBe(404);
  expect((await thief.submit("/login", { username: "ada", password: "a thief's own words" })).status).toBe(422);
});

test("suspending a user invalidates password links mailed before, and mails no more", async ({ portal, clock }) => {
  const ada = await portal.developer("ada");
  await ada.submit("/lost-password", { email: "ada@tallow.example" });
  const path = await portal.mailedPath();
  const [user] = await portal.pool.query<{ userId: number; accountId: number }>(
    `select id as "userId", account_id from users where provider_id = $1`,
    [portal.provider.id],
  );
  if (!user) throw new Error("ada was not found.");
  const by = { actor: { kind: "system" }, channel: "system", now: clock.now() } as const;
  await suspendUser(portal.pool, { provider: portal.provider, ...user, by });
  await ada.submit("/lost-password", { email: "ada@tallow.example" });
  expect(await portal.mailedPath()).toBe(path);
  await unsuspendUser(portal.pool, { provider: portal.provider, ...user, by });
  expect((await ada.get(path)).status).toBe(404);
});

test("forms for a new password name their user to password managers", async ({ portal }) => {
  const ada = await portal.developer("ada");
  await ada.submit("/lost-password", { email: "ada@tallow.example" });
  for (const path of ["/account/password", await portal.mailedPath()]) {
    const { html } = await ada.get(path);
    expect([path, html]).toEqual([path, expect.stringMatching(/<input[^>]* value="ada" autocomplete="username"/)]);
    expect(html.match(/autocomplete="new-password"/g)).toHaveLength(2);
  }
});
