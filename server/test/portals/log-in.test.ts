import { expect } from "vitest";
import { signUpValues, password, test } from "./portal-test.ts";

test("a developer logs in with username or email, and each login starts a new session", async ({ portal }) => {
  const ada = await portal.developer("ada");
  const before = ada.cookies.get("bellwire_developer") ?? "";

  ada.cookies.delete("bellwire_developer");
  expect(await ada.submit("/login", { username: "ADA@tallow.example", password })).toMatchObject({
    status: 303,
    location: "/account",
  });
  const after = ada.cookies.get("bellwire_developer");

  expect(after).toMatch(/^[0-9a-f]{64}$/);
  expect(after).not.toBe(before);
});

test("a login ends the browser's previous session", async ({ portal }) => {
  const ada = await portal.developer("ada");
  const old = ada.cookies.get("bellwire_developer") ?? "";
  ada.cookies.delete("bellwire_developer");
  const form = ada.hiddenInputs((await ada.get("/login")).html, "/login");
  ada.cookies.set("bellwire_developer", old);
  await ada.post("/login", { ...form, username: "ada", password });

  const thief = portal.visitor("developer");
  thief.cookies.set("bellwire_developer", old);
  expect((await thief.get("/account")).status).toBe(302);
  expect((await ada.get("/account")).status).toBe(200);
});

test("a wrong password and an unknown username give the same error", async ({ portal }) => {
  await portal.developer("ada");
  const visitor = portal.visitor("developer");
  const wrong = await visitor.submit("/login", { username: "ada", password: "wrong" });
  const unknown = await visitor.submit("/login", { username: "bob", password }); // ada's password
  const odd = await visitor.submit("/login", { username: "a\u0000", password });
  for (const response of [wrong, unknown, odd]) {
    expect(response.status).toBe(422);
    expect(response.html).toContain("Wrong username or password.");
  }
  expect(wrong.html).toContain('value="ada"');
});

test("two users log in separately if one has the other's email as username", async ({ portal }) => {
  await portal.developer("ada");
  const eve = portal.visitor("developer");
  const other = "another horse entirely";
  const asAda = { username: "ada@tallow.example", email: "eve@tallow.example" };
  await eve.submit("/signup", { ...signUpValues("eve"), ...asAda, password: other, password_confirmation: other });

  const ada = portal.visitor("developer");
  expect((await ada.submit("/login", { username: "ada@tallow.example", password })).status).toBe(303);
  expect((await ada.get("/account/details")).html).toContain('value="ada"');
  await eve.submitForm("/account", "/logout");
  expect((await eve.submit("/login", { username: "ada@tallow.example", password: "wrong" })).status).toBe(422);
  expect((await eve.submit("/login", { username: "ada@tallow.example", password: other })).status).toBe(303);
  expect((await eve.get("/account/details")).html).toContain('value="ada@tallow.example"');
});

test("ten wrong passwords for one username block its logins from the same address", async ({ portal, clock }) => {
  await portal.developer("ada");
  const guesser = portal.visitor("developer", { address: "198.51.100.20" });
  for (let time = 0; time < 10; time += 1) await guesser.submit("/login", { username: "ada", password: "wrong" });

  const response = await guesser.submit("/login", { username: "Ada", password });

  expect(response.status).toBe(429);
  expect(response.headers["retry-after"]).toBe("600");
  expect(response.html).toContain("Too many attempts");
  expect((await portal.visitor("developer").submit("/login", { username: "ada", password })).status).toBe(303);
  await clock.advance(600_000);
  expect((await guesser.submit("/login", { username: "ada", password })).status).toBe(303);
});

test("failed logins of others do not block the owner on a known device or another network", async ({ portal }) => {
  const ada = portal.visitor("developer", { address: "203.0.113.50" });
  await ada.submit("/signup", signUpValues("ada"));
  await ada.submitForm("/account", "/logout");
  expect((await ada.submit("/login", { username: "ada", password })).status).toBe(303);
  await ada.submitForm("/account", "/logout");
  for (let place = 0; place < 8; place += 1) {
    const guesser = portal.visitor("developer", { address: `198.51.100.${place}` });
    for (let time = 0; time < 4; time += 1) await guesser.submit("/login", { username: "ada", password: "wrong" });
  }
  const otherApi = portal.visitor("developer", { address: "203.0.113.50" });
  for (let time = 0; time < 11; time += 1) await otherApi.submit("/login", { username: "ada", password: "wrong" });
  expect((await otherApi.submit("/login", { username: "ada", password })).status).toBe(429);

  expect((await ada.submit("/login", { username: "ada@tallow.example", password })).status).toBe(303);
  const elsewhere = portal.visitor("developer", { address: "192.0.2.99" });
  expect((await elsewhere.submit("/login", { username: "ada", password })).status).toBe(303);
});

test("a user with another's email as username cannot reset the login limit by logging in", async ({ portal }) => {
  await portal.developer("ada");
  const eve = portal.visitor("developer", { address: "198.51.100.60" });
  const other = "another horse entirely";
  const asAda = { username: "ada@tallow.example", email: "eve@tallow.example" };
  await eve.submit("/signup", { ...signUpValues("eve"), ...asAda, password: other, password_confirmation: other });
  await eve.submitForm("/account", "/logout");
  const login = { username: "ada@tallow.example" };

  // On her known device only her own password is checked.
  expect((await eve.submit("/login", { ...login, password })).status).toBe(422);
  eve.cookies.delete("bellwire_developer_device");
  const statuses: number[] = [];
  for (let round = 0; round < 4; round += 1) {
    for (let time = 0; time < 3; time += 1)
      statuses.push((await eve.submit("/login", { ...login, password: "wrong" })).status);
    statuses.push((await eve.submit("/login", { ...login, password: other })).status);
    eve.cookies.delete("bellwire_developer");
    eve.cookies.delete("bellwire_developer_device");
  }
  expect(statuses.filter((status) => status === 422).length).toBeLessThanOrEqual(9);
  expect(statuses.at(-1)).toBe(429);
});

test("a device cookie is valid for one user of one provider, and only with the password", async ({
  portal,
  otherPortal,
}) => {
  const ada = await portal.developer("ada");
  await ada.submitForm("/account", "/logout");
  await ada.submit("/login", { username: "ada", password });
  const cookie = ada.cookies.get("bellwire_developer_device") ?? "";
  expect(cookie).toMatch(/^[0-9a-f]{32}\.\d+\.\d+(\.[\w-]{43}){2}$/);
  expect((await portal.visitor("developer").submit("/signup", signUpValues("bob"))).status).toBe(303);
  await otherPortal.developer("ada");

  const refused = async (visitor: typeof ada, username: string, sent = cookie): Promise<number> => {
    for (let time = 0; time < 10; time += 1) await visitor.submit("/login", { username, password: "wrong" });
    visitor.cookies.set("bellwire_developer_device", sent);
    return (await visitor.submit("/login", { username, password })).status;
  };
  expect(await refused(portal.visitor("developer", { address: "198.51.100.40" }), "bob")).toBe(429);
  expect(await refused(otherPortal.visitor("developer", { address: "198.51.100.41" }), "ada")).toBe(429);
  expect(await refused(portal.visitor("developer", { address: "198.51.100.42" }), "ada")).toBe(303);
  const forged = cookie.replace(/^.{32}/, "0".repeat(32));
  expect(await refused(portal.visitor("developer", { address: "198.51.100.43" }), "ada", forged)).toBe(429);
  await portal.clock.advance(180 * 24 * 3600_000 + 1);
  expect(await refused(portal.visitor("developer", { address: "198.51.100.44" }), "ada")).toBe(429);
});

test("a user who was deleted and created again logs in on the device of before", async ({ portal }) => {
  const ada = await portal.developer("ada");
  await ada.submitForm("/account", "/logout");
  await ada.submit("/login", { username: "ada", password });
  await ada.submitForm("/account", "/logout");
  await portal.pool.query("delete from accounts where provider_id = $1", [portal.provider.id]);
  await portal.developer("ada"); // on another device

  expect((await ada.submit("/login", { username: "ada", password })).status).toBe(303);
});

test("a device is known to a user with an id of 16 digits", async ({ portal }) => {
  const ada = await portal.developer("ada");
  await ada.submitForm("/account", "/logout");
  ada.cookies.delete("bellwire_developer_device");
  await portal.pool.query("update users set id = id + 1000000000000000 where provider_id = $1", [portal.provider.id]);
  await ada.submit("/login", { username: "ada", password });
  await ada.submitForm("/account", "/logout");
  const other = portal.visitor("developer");
  for (let time = 0; time < 11; time += 1) await other.submit("/login", { username: "ada", password: "wrong" });

  expect((await other.submit("/login", { username: "ada", password })).status).toBe(429);
  expect((await ada.submit("/login", { username: "ada", password })).status).toBe(303);
});

test("a logout ends the session, also for copies of its cookie", async ({ portal }) => {
  const ada = await portal.developer("ada");
  const copied = ada.cookies.get("bellwire_developer") ?? "";

  expect(await ada.submitForm("/account", "/logout")).toMatchObject({ status: 303, location: "/" });

  expect(ada.cookies.has("bellwire_developer")).toBe(false);
  const thief = portal.visitor("developer");
  thief.cookies.set("bellwire_developer", copied);
  expect((await thief.get("/account")).status).toBe(302);
});

test("a page that was shown before the user logged in again in another tab logs out", async ({ portal }) => {
  const ada = await portal.developer("ada");
  const form = ada.hiddenInputs((await ada.get("/account")).html, "/logout");
  ada.cookies.delete("bellwire_developer");
  await ada.submit("/login", { username: "ada", password });
  expect((await ada.post("/logout", form, { "sec-fetch-site": "cross-site" })).status).toBe(403);
  expect(await ada.post("/logout", form)).toMatchObject({ status: 303, location: "/" });
  expect(ada.cookies.has("bellwire_developer")).toBe(false);
});

test("a visitor logs in and returns to the requested page, but never to another site", async ({ portal }) => {
  const ada = await portal.developer("ada");
  await ada.submitForm("/account", "/logout");
  expect(await ada.get("/applications")).toMatchObject({ status: 302, location: "/login?return_to=%2Fapplications" });

  expect(await ada.submit("/login?return_to=%2Fapplications", { username: "ada", password })).toMatchObject({
    location: "/applications",
  });
  expect(await ada.get("/login?return_to=//elsewhere.example")).toMatchObject({ status: 302, location: "/account" });
  await ada.submitForm("/account", "/logout");
  expect(await ada.submit("/login?return_to=//elsewhere.example", { username: "ada", password })).toMatchObject({
    location: "/account",
  });
});

test("suspending a user ends the session, and the login gives the reason only for the right password", async ({
  portal,
}) => {
  const ada = await portal.developer("ada");
  await portal.pool.query("update users set state = 'suspended' where provider_id = $1", [portal.provider.id]);

  expect((await ada.get("/account")).status).toBe(302);
  expect((await ada.submit("/login", { username: "ada", password })).html).toContain("suspended");
  expect((await ada.submit("/login", { username: "ada", password: "wrong" })).html).not.toContain("suspended");
});

test("suspending an account ends its sessions immediately", async ({ portal }) => {
  const ada = await portal.developer("ada");
  await portal.pool.query("update accounts set state = 'suspended' where provider_id = $1", [portal.provider.id]);
  expect((await ada.get("/account")).status).toBe(302);
});

test("a session of one provider is not valid at another", async ({ portal, otherPortal }) => {
  const ada = await portal.developer("ada");
  const abroad = otherPortal.visitor("developer");
  abroad.cookies.set("bellwire_developer", ada.cookies.get("bellwire_developer") ?? "");
  expect((await abroad.get("/account")).status).toBe(302);
  expect((await abroad.submit("/login", { username: "ada", password })).status).toBe(422);
});

test("two providers may have users of the same name", async ({ portal, otherPortal }) => {
  await portal.developer("ada");
  expect((await otherPortal.visitor("developer").submit("/signup", signUpValues("ada"))).status).toBe(303);
});
