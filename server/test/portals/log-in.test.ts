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
