import { expect } from "vitest";
import { password, type PortalFixture, signUpValues, test } from "./portal-test.ts";
import type { Visitor } from "./visitor.ts";

const fiveMinutes = 300_000;
const twoWeeks = 14 * 24 * 3_600_000;

/** Signs up a developer who has to confirm the email address, and returns the browser and the path of the mailed link. */
async function signUpPending(portal: PortalFixture): Promise<{ readonly ada: Visitor; readonly path: string }> {
  await portal.updateProvider({ email_activation: true });
  const ada = portal.visitor("developer");
  await ada.submit("/signup", signUpValues("ada"));
  return { ada, path: await portal.mailedPath() };
}

const requestMail = (visitor: Visitor) => visitor.submit("/activate", { email: "ADA@tallow.example " });

const countMails = async ({ pool, provider }: PortalFixture): Promise<number> =>
  (await pool.query("select from mails where provider_id = $1", [provider.id])).length;

test("a developer whose activation link expired requests another, which works for two weeks", async ({
  portal,
  clock,
}) => {
  const { ada, path } = await signUpPending(portal);
  const { pool, provider } = portal;
  await pool.query("update users set activation_until = $2 where provider_id = $1", [provider.id, clock.now()]);
  const expired = await ada.get(path);
  expect([expired.status, expired.html]).toEqual([404, expect.stringContaining('href="/activate"')]);
  await portal.newEvents();

  expect(await requestMail(ada)).toMatchObject({ status: 303, location: "/activate/check-mail" });
  expect((await ada.get("/activate/check-mail")).html).toContain('href="/login"');
  const untilStatement = "select activation_until from users where provider_id = $1";
  expect(await pool.query(untilStatement, [provider.id])).toEqual([
    { activationUntil: new Date(clock.now().getTime() + twoWeeks) },
  ]);

  expect((await ada.get(await portal.mailedPath())).html).toContain("Your account is active.");
  expect((await ada.submit("/login", { username: "ada", password })).status).toBe(303);
  const replaced = await ada.get(path);
  expect([replaced.status, replaced.html]).toEqual([
    404,
    expect.stringContaining("You are logged in as ada, who is active."),
  ]);
  expect(replaced.html).not.toMatch(/log in\b/i);
  const events = await portal.newEvents();
  expect(events.filter((event) => event.startsWith("user."))).toEqual([
    "user.updated by system nobody in developer_portal",
  ]);
});

test("a link that a mail scanner or a reload has used still says that the address is confirmed, until it expires", async ({
  portal,
  clock,
}) => {
  const { ada, path } = await signUpPending(portal);
  await portal.updateProvider({ email_activation: false });
  await portal.developer("bob");
  await portal.newEvents();
  for (const visitor of [portal.visitor("developer"), ada, ada]) {
    const { status, html } = await visitor.get(path);
    expect([status, html]).toEqual([200, expect.stringContaining("Your account is active.")]);
    expect(html).toContain('href="/login"');
  }
  expect((await portal.newEvents()).filter((event) => event.startsWith("user."))).toHaveLength(1);

  await portal.pool.query("update accounts set state = 'suspended' where provider_id = $1", [portal.provider.id]);
  expect((await ada.get(path)).html).toContain("Your account is unavailable.");
  await clock.advance(twoWeeks);
  expect((await ada.get(path)).status).toBe(404);
});

test("the login of a user who has to confirm the email address, and the page after sign-up, lead to another mail", async ({
  portal,
}) => {
  const { ada } = await signUpPending(portal);
  const link = '<a href="/activate">Request another email</a>';
  expect((await ada.submit("/login", { username: "ada", password })).html).toContain(link);
  expect((await ada.submit("/login", { username: "ada", password: "a wrong one" })).html).not.toContain(link);
  expect((await ada.get("/signup/check-mail")).html).toContain('href="/activate"');
});

test("a further request sends no mail within five minutes, and later a link that replaces the first", async ({
  portal,
  clock,
}) => {
  const { ada, path } = await signUpPending(portal);
  await clock.advance(fiveMinutes - 1000);
  expect(await requestMail(ada)).toMatchObject({ status: 303, location: "/activate/check-mail" });
  expect(await portal.mailedPath()).toBe(path);

  await clock.advance(1000);
  await requestMail(ada);
  const second = await portal.mailedPath();
  expect(second).not.toBe(path);
  expect((await ada.get(path)).status).toBe(404);
  expect((await ada.get(second)).status).toBe(200);
});

test("the form does not reveal which addresses have signed up, and mails only users who signed up and are not activated", async ({
  portal,
  otherPortal,
  clock,
}) => {
  const { ada, path } = await signUpPending(portal);
  await portal.updateProvider({ email_activation: false });
  await portal.developer("bob");
  // A provider creates one so by the API.
  await portal.pool.query(
    `insert into users (provider_id, account_id, username, email, role)
     select provider_id, account_id, 'cleo', 'cleo@tallow.example', 'member' from users where provider_id = $1 and username = 'ada'`,
    [portal.provider.id],
  );
  // Another user's log-in at an identity provider makes nobody else sign up.
  await portal.pool.query(
    `with github as (
       insert into authentication_providers (provider_id, account_type, kind, name, system_name, client_id, client_secret, identifier_key)
       values ($1, 'developer', 'github', 'GitHub', 'github', 'id', '', 'id') returning provider_id, id)
     insert into identities (provider_id, authentication_provider_id, subject, user_id)
     select github.provider_id, github.id, 'bob', users.id from github join users using (provider_id) where username = 'bob'`,
    [portal.provider.id],
  );
  await clock.advance(fiveMinutes);
  for (const name of ["bob", "cleo", "nobody", "a\u0000b"]) {
    const { status, location } = await ada.submit("/activate", { email: `${name}@tallow.example` });
    expect([name, status, location]).toEqual([name, 303, "/activate/check-mail"]);
  }
  await requestMail(otherPortal.visitor("developer"));
  expect([await countMails(portal), await countMails(otherPortal)]).toEqual([1, 0]);

  expect((await ada.get(path)).status).toBe(200);
  await requestMail(ada);
  expect(await countMails(portal)).toBe(1);
});

test("a form without a valid token sends no mail, and one address gets at most ten", async ({ portal, clock }) => {
  const { ada } = await signUpPending(portal);
  await clock.advance(fiveMinutes);
  expect((await ada.post("/activate", { email: "ada@tallow.example" })).status).toBe(403);
  expect(await countMails(portal)).toBe(1);
  const requestFrom = async (place: number): Promise<number> =>
    (await requestMail(portal.visitor("developer", { address: `198.51.100.${place}` }))).status;
  for (let place = 1; place <= 10; place += 1) expect(await requestFrom(place)).toBe(303);
  expect(await requestFrom(11)).toBe(429);
});
