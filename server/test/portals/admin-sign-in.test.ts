import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { passwords } from "../support/passwords.ts";
import { password, test } from "./portal-test.ts";

test("an admin signs in and receives the app with the session data", async ({ portal }) => {
  portal.buildWeb();
  const boss = portal.visitor("admin");
  expect((await boss.get("/p/login")).html).toContain("<h1>Sign in to <bdi>Wheat &amp; Sons</bdi></h1>");
  expect(await boss.submit("/p/login", { username: "boss", password })).toMatchObject({
    status: 303,
    location: "/p/admin",
  });

  const { status, html, headers } = await boss.get("/p/admin/deliveries");

  expect(status).toBe(200);
  expect(headers["cache-control"]).toBe("no-store");
  expect(headers["content-security-policy"]).toContain("script-src 'self'");
  const [, json = ""] =
    /<script type="application\/json" id="bellwire-session">(.*?)<\/script><\/head>/.exec(html) ?? [];
  expect(JSON.parse(json)).toEqual({
    userId: expect.any(Number),
    userName: "boss",
    role: "admin",
    csrfToken: expect.stringMatching(/^[0-9a-f]{64}$/),
    providerName: "Wheat & Sons",
    pages: expect.objectContaining({ accounts: true, webhooks: true, team: true }),
    allowedActions: expect.arrayContaining(["administer-portal", "change-webhooks"]),
    tokenScopes: ["account_management", "cms", "finance", "policy_registry", "stats"],
    seesEveryProduct: true,
    timeZone: "UTC",
    passwordLengthMin: 12,
    signsInWithPassword: true,
    publicUrl: `https://${portal.provider.subdomain}-admin.bellwire.test`,
    developerPortalUrl: `https://${portal.provider.subdomain}.bellwire.test/`,
    mailIsSent: false,
  });
});

test("a visitor signs in and returns to the requested page, but never to another site", async ({ portal }) => {
  const boss = portal.visitor("admin");
  const redirected = await boss.get("/p/admin/deliveries?state=failed");
  expect(redirected).toMatchObject({
    status: 302,
    location: "/p/login?return_to=%2Fp%2Fadmin%2Fdeliveries%3Fstate%3Dfailed",
  });
  expect(await boss.submit(redirected.location ?? "", { username: "boss", password })).toMatchObject({
    location: "/p/admin/deliveries?state=failed",
  });

  for (const elsewhere of ["https://elsewhere.example", "//elsewhere.example", "/\\elsewhere.example", "/logout"]) {
    const response = await portal
      .visitor("admin")
      .submit(`/p/login?return_to=${encodeURIComponent(elsewhere)}`, { username: "boss", password });
    expect(response).toMatchObject({ status: 303, location: "/p/admin" });
  }
});

test("a wrong password, an unknown username and a suspended user give the same error", async ({ portal }) => {
  await portal.addProviderUser("mia", "member");
  await portal.pool.query("update provider_users set state = 'suspended' where username = 'mia' and provider_id = $1", [
    portal.provider.id,
  ]);
  for (const [username, entered] of [
    ["boss", "wrong"],
    ["nobody", password],
    ["mia", password],
  ] as const) {
    const response = await portal.visitor("admin").submit("/p/login", { username, password: entered });
    expect(response.status).toBe(422);
    expect(response.html).toContain("Wrong username or password.");
    expect(response.headers["set-cookie"]).toBeUndefined();
  }
});

test("a sign-in without cookies says that they may be disabled", async ({ portal }) => {
  const response = await portal.visitor("admin").post("/p/login", { username: "boss", password });
  expect([response.status, response.html.includes("cookies are disabled")]).toEqual([403, true]);
});

test("failed logins of others on the same network do not block a known device", async ({ portal }) => {
  const address = "198.51.100.31";
  const boss = portal.visitor("admin", { address });
  expect((await boss.submit("/p/login", { username: "boss", password })).status).toBe(303);
  const guesser = portal.visitor("admin", { address });
  for (let time = 0; time < 11; time += 1) await guesser.submit("/p/login", { username: "boss", password: "wrong" });
  expect((await guesser.submit("/p/login", { username: "boss", password })).status).toBe(429);
  boss.cookies.delete("bellwire_admin");
  expect((await boss.submit("/p/login", { username: "boss", password })).status).toBe(303);
});

test("a sign-in that finds the queue of passwords full is answered 503 and with its form, and succeeds afterwards", async ({
  portal,
}) => {
  const address = "198.51.100.41";
  const boss = portal.visitor("admin", { address });
  let isOver = false;
  const keepBusy = async (): Promise<void> => {
    while (!isOver) await passwords.verify(undefined, "wrong", { providerId: portal.provider.id, address });
  };
  const flood = Array.from({ length: 34 }, keepBusy); // two run, 32 wait

  const refused = await boss.submit("/p/login", { username: "boss", password });

  isOver = true;
  await Promise.all(flood);
  expect(refused).toMatchObject({ status: 503, headers: { "retry-after": "3" } });
  expect(refused.html).toContain("Many people are signing in at the moment.");
  expect(refused.html).toMatch(/<form [^>]*action="\/p\/login".*<input [^>]*value="boss"/s);
  expect((await boss.submit("/p/login", { username: "boss", password })).status).toBe(303);
});

test("an admin who was deleted and created again signs in on the device of before", async ({ portal }) => {
  await portal.addProviderUser("mira", "admin");
  const mira = await portal.signedIn("mira");
  mira.cookies.delete("bellwire_admin");
  await portal.pool.query("delete from provider_users where provider_id = $1 and username = 'mira'", [
    portal.provider.id,
  ]);
  await portal.addProviderUser("mira", "admin");

  expect((await mira.submit("/p/login", { username: "mira", password })).status).toBe(303);
});

test("a sign-out ends the session, also for copies of its cookie", async ({ portal }) => {
  portal.buildWeb();
  const boss = await portal.signedIn("boss");
  const copied = boss.cookies.get("bellwire_admin") ?? "";
  const { csrfToken } = await boss.session();

  expect((await boss.post("/p/logout", {})).status).toBe(403);
  expect(await boss.post("/p/logout", { form_token: csrfToken })).toMatchObject({ status: 303, location: "/p/login" });

  const thief = portal.visitor("admin");
  thief.cookies.set("bellwire_admin", copied);
  expect((await thief.get("/p/admin")).status).toBe(302);
});

test("neither portal accepts the other's cookie", async ({ portal }) => {
  portal.buildWeb();
  const boss = await portal.signedIn("boss");
  const ada = await portal.developer("ada");
  const [admin, developer] = [boss.cookies.get("bellwire_admin") ?? "", ada.cookies.get("bellwire_developer") ?? ""];

  const [asDeveloper, asAdmin] = [portal.visitor("developer"), portal.visitor("admin")];
  for (const name of ["bellwire_admin", "bellwire_developer"]) {
    asDeveloper.cookies.set(name, admin);
    asAdmin.cookies.set(name, developer);
  }
  expect((await asDeveloper.get("/account")).status).toBe(302);
  expect((await asAdmin.get("/p/admin")).status).toBe(302);
});

const everyPlace =
  "api-specifications accounts applications messages mails products account-plans fields-definitions deliveries attempts failures jobs events alerts bins settings personal team single-sign-on access-tokens audit-log webhooks endpoints";

test.for([
  ["partners", "accounts applications messages products personal access-tokens"],
  ["plans", "products api-specifications account-plans personal access-tokens"],
  ["settings", "fields-definitions settings personal access-tokens"],
  ["portal", "personal access-tokens"],
  ["finance", "personal access-tokens"],
  ["monitoring", "personal access-tokens"],
  ["policy_registry", "personal access-tokens"],
] as const)("a member with the section %s can open only the section's pages", async ([section, open], { portal }) => {
  portal.buildWeb();
  const { id } = await portal.addProviderUser("mia", "member");
  await portal.pool.query("update provider_users set sections = array[$2] where id = $1", [id, section]);
  const mia = await portal.signedIn("mia");
  const { pages } = await mia.session();
  for (const place of everyPlace.split(" ")) {
    const isOpen = open.split(" ").includes(place);
    expect([place, pages[place]]).toEqual([place, isOpen]);
    for (const url of [`/p/admin/${place}`, `/p/admin/${place}/1?x`])
      expect([url, (await mia.get(url)).status]).toEqual([url, isOpen ? 200 : 403]);
  }
  for (const url of ["/p/admin", "/p/admin/webhooksandmore"]) expect((await mia.get(url)).status).toBe(200);
});

test("only a member whose permissions name products does not see every product", async ({ portal }) => {
  portal.buildWeb();
  const { id } = await portal.addProviderUser("mia", "member");
  const mia = await portal.signedIn("mia");
  expect(await mia.session()).toMatchObject({ seesEveryProduct: true });
  for (const [role, seesEveryProduct] of [
    ["member", false],
    ["admin", true],
  ] as const) {
    await portal.pool.query("update provider_users set role = $2, service_ids = '{}' where id = $1", [id, role]);
    expect(await mia.session()).toMatchObject({ role, seesEveryProduct });
  }
});

test("an admin can open every page", async ({ portal }) => {
  portal.buildWeb();
  const boss = await portal.signedIn("boss");
  expect((await boss.session()).pages).toEqual(Object.fromEntries(everyPlace.split(" ").map((place) => [place, true])));
});

test("an admin gets 403 for the webhooks pages while the capability is denied", async ({ portal }) => {
  portal.buildWeb();
  const boss = await portal.signedIn("boss");
  await portal.updateProvider({ web_hooks: "denied" });
  expect(await boss.get("/p/admin/webhooks/edit")).toMatchObject({
    status: 403,
    html: expect.stringContaining('"role":"admin"'),
  });
  await portal.updateProvider({ web_hooks: "hidden" });
  expect((await boss.get("/p/admin/webhooks/edit")).status).toBe(200);
});

test("the app's assets are cached for a year, and no other file is served", async ({ portal }) => {
  portal.buildWeb();
  writeFileSync(join(portal.webFolder, "secret.txt"), "secret");
  const visitor = portal.visitor("admin");
  const file = await visitor.get("/p/admin/assets/index-abc.js");
  expect(file).toMatchObject({ status: 200, html: "app()" });
  expect(file.headers["cache-control"]).toBe("public, max-age=31536000, immutable");
  for (const path of [
    "/p/admin/assets/nothing.js",
    "/p/admin/assets/%2e%2e%2fsecret.txt",
    "/p/admin/assets/..%2fsecret.txt",
    "/p/admin/assets/..%5csecret.txt",
    "/p/admin/assets/x%2f..%2f..%2fsecret.txt",
  ]) {
    const response = await visitor.get(path);
    expect(response.html, path).not.toBe("secret");
    expect(response.status, path).toBe(404);
  }
});

test("while the app is being built, its page says so and reloads", async ({ portal }) => {
  const boss = await portal.signedIn("boss");
  const response = await boss.get("/p/admin");
  expect(response.status).toBe(503);
  expect(response.html).toContain("still being built");
  expect(response.html).toContain('<meta http-equiv="refresh" content="3">');
  portal.buildWeb();
  expect((await boss.get("/p/admin")).status).toBe(200);
});

test("the Developer Portal's host has none of these pages", async ({ portal }) => {
  portal.buildWeb();
  const ada = portal.visitor("developer");
  for (const url of ["/p/login", "/p/admin", "/p/admin/webhooks", "/p/admin/assets/index-abc.js", "/p"]) {
    expect((await ada.get(url)).status, url).toBe(404);
  }
});
