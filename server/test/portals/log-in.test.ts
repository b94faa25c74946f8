import { expect } from "vitest";
import { filledIn, password, test } from "./portal-test.ts";

test("a developer logs in by name or by address, with a new session each time", async ({ house }) => {
  const ada = await house.developer("ada");
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

test("logging in ends the session that the browser had before", async ({ house }) => {
  const ada = await house.developer("ada");
  const old = ada.cookies.get("bellwire_developer") ?? "";
  ada.cookies.delete("bellwire_developer");
  const form = ada.hiddenInputs((await ada.get("/login")).html, "/login");
  ada.cookies.set("bellwire_developer", old);
  await ada.post("/login", { ...form, username: "ada", password });

  const thief = house.visitor("developer");
  thief.cookies.set("bellwire_developer", old);
  expect((await thief.get("/account")).status).toBe(302);
  expect((await ada.get("/account")).status).toBe(200);
});

test("a wrong password and an unknown name are told the same", async ({ house }) => {
  await house.developer("ada");
  const visitor = house.visitor("developer");
  const wrong = await visitor.submit("/login", { username: "ada", password: "wrong" });
  const unknown = await visitor.submit("/login", { username: "bob", password: "wrong" });
  const odd = await visitor.submit("/login", { username: "a\u0000", password });
  for (const answer of [wrong, unknown, odd]) {
    expect(answer.status).toBe(422);
    expect(answer.html).toContain("Wrong username or password.");
  }
  expect(wrong.html).toContain('value="ada"');
});

test("two of whom one has the other's address as a name both log in, each with the password of their own", async ({
  house,
}) => {
  await house.developer("ada");
  const eve = house.visitor("developer");
  const other = "another horse entirely";
  const asAda = { username: "ada@tallow.example", email: "eve@tallow.example" };
  await eve.submit("/signup", { ...filledIn("eve"), ...asAda, password: other, password_confirmation: other });

  const ada = house.visitor("developer");
  expect((await ada.submit("/login", { username: "ada@tallow.example", password })).status).toBe(303);
  expect((await ada.get("/account/details")).html).toContain('value="ada"');
  await eve.submitForm("/account", "/logout");
  expect((await eve.submit("/login", { username: "ada@tallow.example", password: "wrong" })).status).toBe(422);
  expect((await eve.submit("/login", { username: "ada@tallow.example", password: other })).status).toBe(303);
  expect((await eve.get("/account/details")).html).toContain('value="ada@tallow.example"');
});

test("after ten wrong passwords for one name the address has to wait, even with the right one", async ({
  house,
  clock,
}) => {
  await house.developer("ada");
  const guesser = house.visitor("developer", { address: "198.51.100.20" });
  for (let time = 0; time < 10; time += 1) await guesser.submit("/login", { username: "ada", password: "wrong" });

  const answer = await guesser.submit("/login", { username: "Ada", password });

  expect(answer.status).toBe(429);
  expect(answer.headers["retry-after"]).toBe("600");
  expect(answer.html).toContain("Too many attempts");
  expect((await house.visitor("developer").submit("/login", { username: "ada", password })).status).toBe(303);
  await clock.advance(600_000);
  expect((await guesser.submit("/login", { username: "ada", password })).status).toBe(303);
});

test("strangers who guess at a name do not keep its owner out, on a known device or in a new network", async ({
  house,
}) => {
  const ada = house.visitor("developer", { address: "203.0.113.50" });
  await ada.submit("/signup", filledIn("ada"));
  await ada.submitForm("/account", "/logout");
  expect((await ada.submit("/login", { username: "ada", password })).status).toBe(303);
  await ada.submitForm("/account", "/logout");
  for (let place = 0; place < 8; place += 1) {
    const guesser = house.visitor("developer", { address: `198.51.100.${place}` });
    for (let time = 0; time < 4; time += 1) await guesser.submit("/login", { username: "ada", password: "wrong" });
  }
  const neighbour = house.visitor("developer", { address: "203.0.113.50" });
  for (let time = 0; time < 11; time += 1) await neighbour.submit("/login", { username: "ada", password: "wrong" });
  expect((await neighbour.submit("/login", { username: "ada", password })).status).toBe(429);

  expect((await ada.submit("/login", { username: "ada@tallow.example", password })).status).toBe(303);
  const elsewhere = house.visitor("developer", { address: "192.0.2.99" });
  expect((await elsewhere.submit("/login", { username: "ada", password })).status).toBe(303);
});

test("whoever has another's address as a user name cannot guess at their password by signing in between", async ({
  house,
}) => {
  await house.developer("ada");
  const eve = house.visitor("developer", { address: "198.51.100.60" });
  const other = "another horse entirely";
  const asAda = { username: "ada@tallow.example", email: "eve@tallow.example" };
  await eve.submit("/signup", { ...filledIn("eve"), ...asAda, password: other, password_confirmation: other });
  await eve.submitForm("/account", "/logout");
  const login = { username: "ada@tallow.example" };

  // Her own device tries her own password alone.
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

test("the cookie of a known device is one name's at one provider, and opens nothing without the password", async ({
  house,
  neighbour,
}) => {
  const ada = await house.developer("ada");
  await ada.submitForm("/account", "/logout");
  await ada.submit("/login", { username: "ada", password });
  const cookie = ada.cookies.get("bellwire_developer_device") ?? "";
  expect(cookie).toMatch(/^[0-9a-f]{32}\.\d+\.\d+(\.[\w-]{43}){2}$/);
  expect((await house.visitor("developer").submit("/signup", filledIn("bob"))).status).toBe(303);
  await neighbour.developer("ada");

  const refused = async (visitor: typeof ada, username: string): Promise<number> => {
    for (let time = 0; time < 10; time += 1) await visitor.submit("/login", { username, password: "wrong" });
    visitor.cookies.set("bellwire_developer_device", cookie);
    return (await visitor.submit("/login", { username, password })).status;
  };
  expect(await refused(house.visitor("developer", { address: "198.51.100.40" }), "bob")).toBe(429);
  expect(await refused(neighbour.visitor("developer", { address: "198.51.100.41" }), "ada")).toBe(429);
  expect(await refused(house.visitor("developer", { address: "198.51.100.42" }), "ada")).toBe(303);
  const tampered = house.visitor("developer", { address: "198.51.100.43" });
  tampered.cookies.set("bellwire_developer_device", cookie.replace(/^.{32}/, "0".repeat(32)));
  for (let time = 0; time < 10; time += 1) await tampered.submit("/login", { username: "ada", password: "wrong" });
  expect((await tampered.submit("/login", { username: "ada", password })).status).toBe(429);
});

test("logging out ends the session, wherever its cookie went", async ({ house }) => {
  const ada = await house.developer("ada");
  const copied = ada.cookies.get("bellwire_developer") ?? "";

  expect(await ada.submitForm("/account", "/logout")).toMatchObject({ status: 303, location: "/" });

  expect(ada.cookies.has("bellwire_developer")).toBe(false);
  const thief = house.visitor("developer");
  thief.cookies.set("bellwire_developer", copied);
  expect((await thief.get("/account")).status).toBe(302);
});

test("another site cannot log a developer out", async ({ house }) => {
  const ada = await house.developer("ada");
  expect((await ada.post("/logout", {})).status).toBe(403);
  expect((await ada.submitForm("/account", "/logout", { origin: "https://elsewhere.example" })).status).toBe(403);
  expect((await ada.get("/account")).status).toBe(200);
});

test("who asks for a page first logs in and then comes back to it, but never to another site", async ({ house }) => {
  const ada = await house.developer("ada");
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

test("a suspended user is out at once, and is told why only with the right password", async ({ house }) => {
  const ada = await house.developer("ada");
  await house.pool.query("update users set state = 'suspended' where provider_id = $1", [house.provider.id]);

  expect((await ada.get("/account")).status).toBe(302);
  expect((await ada.submit("/login", { username: "ada", password })).html).toContain("suspended");
  expect((await ada.submit("/login", { username: "ada", password: "wrong" })).html).not.toContain("suspended");
});

test("a suspended account is out at once", async ({ house }) => {
  const ada = await house.developer("ada");
  await house.pool.query("update accounts set state = 'suspended' where provider_id = $1", [house.provider.id]);
  expect((await ada.get("/account")).status).toBe(302);
});

test("a developer of one provider is nobody at another", async ({ house, neighbour }) => {
  const ada = await house.developer("ada");
  const abroad = neighbour.visitor("developer");
  abroad.cookies.set("bellwire_developer", ada.cookies.get("bellwire_developer") ?? "");
  expect((await abroad.get("/account")).status).toBe(302);
  expect((await abroad.submit("/login", { username: "ada", password })).status).toBe(422);
});

test("the same name may sign up at two providers", async ({ house, neighbour }) => {
  await house.developer("ada");
  expect((await neighbour.visitor("developer").submit("/signup", filledIn("ada"))).status).toBe(303);
});
