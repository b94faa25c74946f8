import type { ServerResponse } from "node:http";
import { expect } from "vitest";
import {
  createAuthenticationProvider,
  deleteAuthenticationProvider,
  updateAuthenticationProvider,
} from "#portal/single-sign-on/index.ts";
import { inviteUser } from "#portal/users/index.ts";
import { encryption } from "../support/build-webhooks.ts";
import {
  addProvider,
  comeBack,
  linkCount,
  ofCustom,
  type OpenIdProvider,
  pathOf,
  startOAuthServer,
  startOpenIdProvider,
} from "./identity-servers.ts";
import { password, type PortalFixture, signUpValues, test as base } from "./portal-test.ts";
import type { PageResponse, Visitor } from "./visitor.ts";

const urlOf = ({ provider }: PortalFixture): string => `https://${provider.subdomain}.bellwire.test`;

const test = base.extend("openId", async ({ portal, otherPortal }, { onCleanup }): Promise<OpenIdProvider> => {
  const names = ["staff", "other"];
  const redirects = [portal, otherPortal].flatMap((each) =>
    names.map((name) => `${urlOf(each)}/auth/${name}/callback`),
  );
  const openId = await startOpenIdProvider(redirects);
  onCleanup(() => openId[Symbol.asyncDispose]());
  await addProvider(portal, { kind: "keycloak", name: "Staff", site: openId.issuer });
  return openId;
});

/** Logs in at the identity provider. Returns the answer to the address that it sent the browser back to. */
async function logIn(visitor: Visitor, openId: OpenIdProvider, path = "/auth/staff"): Promise<PageResponse> {
  const begun = await visitor.get(path);
  expect([path, begun.status]).toEqual([path, 303]);
  return visitor.get(pathOf(await openId.logIn(begun.location ?? "")));
}

const nora = { sub: "p-1", email: "nora@tallow.example", email_verified: true, preferred_username: "nora" };

const signUpOf = (username: string, email = `${username}@tallow.example`) => ({
  org_name: "Tallow Ltd",
  username,
  email,
});

const isLoggedIn = async (visitor: Visitor): Promise<boolean> => (await visitor.get("/account")).status === 200;

const confirm = ({ pool, provider }: PortalFixture, username: string) =>
  pool.query("update users set confirmed_email = email where provider_id = $1 and username = $2", [
    provider.id,
    username,
  ]);

test("an unknown person signs up without a password, in one transaction, and logs in without a form afterwards", async ({
  portal,
  openId,
}) => {
  openId.person = { ...nora, org_name: "Tallow Ltd" };
  await portal.updateProvider({ email_activation: true });
  const visitor = portal.visitor("developer");
  const back = await logIn(visitor, openId);
  expect([back.status, back.location]).toEqual([303, "/signup"]);
  const { html } = await visitor.get("/signup");
  expect(html).toContain('value="nora@tallow.example"');
  expect(html).toContain('value="Tallow Ltd"');
  expect(html).not.toContain('type="password"');
  await portal.newEvents();
  const signedUp = await visitor.submit("/signup", signUpOf("nora"));
  expect([signedUp.status, signedUp.location]).toEqual([
    303,
    expect.stringMatching(/^\/applications\/\d+\?signed_up$/),
  ]);
  // As in 3scale: the documents show the verified address as active, and nothing is updated.
  expect(await portal.newEvents()).toEqual([
    "account.created by developer nora in developer_portal",
    "user.created by developer nora in developer_portal",
    "application.created by developer nora in developer_portal",
  ]);
  const again = portal.visitor("developer");
  const returned = await logIn(again, openId, "/auth/staff?return_to=%2Fapplications");
  expect([returned.status, returned.location]).toEqual([303, "/applications"]);
  expect(await isLoggedIn(again)).toBe(true);
  expect(await linkCount(portal)).toBe(1);
});

test("the account of a person is approved at once only if its authentication provider says so", async ({
  portal,
  openId,
}) => {
  await portal.pool.query(
    "update plans set approval_required = true where provider_id = $1 and kind = 'account_plan'",
    [portal.provider.id],
  );
  openId.person = nora;
  const waiting = portal.visitor("developer");
  await logIn(waiting, openId);
  expect((await waiting.submit("/signup", signUpOf("nora"))).location).toBe("/signup/awaiting-approval");
  const refused = await logIn(portal.visitor("developer"), openId);
  expect([refused.status, refused.html]).toEqual([403, expect.stringContaining("waiting for approval")]);

  await portal.pool.query("update authentication_providers set automatically_approve_accounts = true");
  openId.person = { ...nora, sub: "p-2", email: "mira@tallow.example" };
  const approved = portal.visitor("developer");
  await logIn(approved, openId);
  expect((await approved.submit("/signup", signUpOf("mira"))).location).toMatch(/^\/applications\//);
});

test("an address that is changed in the form, or not verified, has to be confirmed by mail", async ({
  portal,
  openId,
}) => {
  await portal.updateProvider({ email_activation: true });
  for (const [n, claims] of [
    { email_verified: false },
    { email_verified: "true" },
    { email: "a@b.example" },
  ].entries()) {
    openId.person = { ...nora, sub: `p-${n}`, email: `u${n}@tallow.example`, ...claims };
    const visitor = portal.visitor("developer");
    await logIn(visitor, openId);
    const signedUp = await visitor.submit("/signup", signUpOf(`user${n}`, `u${n}@tallow.example`));
    expect([n, signedUp.location]).toEqual([n, "/signup/check-mail"]);
  }
});

test("a verified address leads to its user if the user's own mailbox has confirmed it", async ({ portal, openId }) => {
  await portal.developer("nora");
  await confirm(portal, "nora");
  openId.person = { ...nora, email: "Nora@Tallow.example" };
  const visitor = portal.visitor("developer");
  expect((await logIn(visitor, openId)).location).toBe("/account");
  expect(await isLoggedIn(visitor)).toBe(true);
  const audited = await portal.pool.query<{ detail: object }>(
    "select detail from audit_records where provider_id = $1 and action = 'identity.linked'",
    [portal.provider.id],
  );
  expect(audited).toEqual([{ detail: { authenticationProvider: "Staff" } }]);
});

test("who has signed up with an address of somebody else does not get the owner's log-in", async ({
  portal,
  openId,
}) => {
  // Without activation by mail, anybody may claim the address and wait for its owner.
  const intruder = await portal.developer("nora");
  openId.person = nora;
  const owner = portal.visitor("developer");
  const back = await logIn(owner, openId);
  expect([back.status, pathOf(back.location)]).toEqual([303, "/login?return_to="]);
  expect((await owner.get("/login")).html).toContain("Log in with your password once");
  expect([await isLoggedIn(owner), await linkCount(portal)]).toEqual([false, 0]);
  // The owner reads the mailbox, and so gets the user back, with the intruder locked out.
  await portal.visitor("developer").submit("/lost-password", { email: nora.email });
  const chosen = { password: "another long password", password_confirmation: "another long password" };
  await owner.submit(await portal.mailedPath(), chosen);
  expect(await isLoggedIn(intruder)).toBe(false);
  expect((await logIn(owner, openId)).location).toBe("/account");
  expect(await linkCount(portal)).toBe(1);
});

test("the password connects a person with the user of the verified address, and with no other", async ({
  portal,
  openId,
}) => {
  await portal.developer("nora");
  await portal.developer("mira");
  openId.person = nora;
  for (const [username, links] of [
    ["mira", 0],
    ["nora", 1],
  ] as const) {
    const visitor = portal.visitor("developer");
    await logIn(visitor, openId);
    const { html } = await visitor.get("/login");
    expect([html.includes(`value="${nora.email}"`), html.includes("New here?")]).toEqual([true, false]);
    expect((await visitor.submit("/login", { username, password })).status).toBe(303);
    expect([username, await linkCount(portal)]).toEqual([username, links]);
  }
  openId.person = { ...nora, sub: "p-2", email_verified: false };
  const visitor = portal.visitor("developer");
  expect((await logIn(visitor, openId)).location).toBe("/signup");
  await visitor.submit("/login", { username: "nora", password });
  expect(await linkCount(portal)).toBe(1);
});

test("a lookalike of an address that the database takes for the same is another one", async ({ portal, openId }) => {
  await portal.developer("kira");
  await confirm(portal, "kira");
  openId.person = { ...nora, email: "\u212Aira@tallow.example" }; // the Kelvin sign
  expect((await logIn(portal.visitor("developer"), openId)).location).toBe("/signup");
  expect(await linkCount(portal)).toBe(0);
});

test("a suspended or pending user is not logged in, linked or not", async ({ portal, openId }) => {
  await portal.developer("nora");
  await confirm(portal, "nora");
  openId.person = nora;
  const update = (state: string) =>
    portal.pool.query("update users set state = $2 where provider_id = $1 and username = 'nora'", [
      portal.provider.id,
      state,
    ]);
  for (const linked of [false, true]) {
    for (const [state, text] of [
      ["suspended", "Your user is suspended."],
      ["pending", "confirm your email address"],
    ] as const) {
      await update(state);
      const visitor = portal.visitor("developer");
      const refused = await logIn(visitor, openId);
      expect([linked, refused.status, refused.html]).toEqual([linked, 403, expect.stringContaining(text)]);
      expect([linked, await isLoggedIn(visitor)]).toEqual([linked, false]);
    }
    await update("active");
    expect([linked, await linkCount(portal)]).toEqual([linked, linked ? 1 : 0]);
    await logIn(portal.visitor("developer"), openId);
  }
});

test("a user without a password cannot log in with one, until a mail sets it", async ({ portal, openId }) => {
  openId.person = nora;
  const visitor = portal.visitor("developer");
  await logIn(visitor, openId);
  await visitor.submit("/signup", signUpOf("nora"));
  for (const path of ["/account/password", "/account/details"])
    expect((await visitor.get(path)).html).toContain('href="/lost-password"');
  expect((await visitor.get("/lost-password")).html).toContain(`value="${nora.email}"`);
  for (const tried of ["", password])
    expect((await portal.visitor("developer").submit("/login", { username: "nora", password: tried })).status).toBe(
      422,
    );
  await portal.visitor("developer").submit("/lost-password", { email: nora.email });
  await portal.visitor("developer").submit(await portal.mailedPath(), { password, password_confirmation: password });
  expect((await portal.visitor("developer").submit("/login", { username: "nora", password })).status).toBe(303);
  expect((await logIn(portal.visitor("developer"), openId)).location).toBe("/account");
});

test("a log-in that begins at an invitation joins its account, without a password", async ({ portal, openId }) => {
  const { pool, provider, clock } = portal;
  await portal.developer("boss");
  const [account] = await pool.query<{ id: number }>(
    "select account_id as id from users where username = 'boss' and provider_id = $1",
    [provider.id],
  );
  const by = { actor: { kind: "system" }, channel: "system", now: clock.now() } as const;
  const invite = async (email: string): Promise<string> => {
    await inviteUser(pool, {
      provider,
      accountId: account?.id ?? 0,
      by,
      email,
      urlOf: (code) => `https://x/signup/${code}`,
    });
    return portal.mailedPath();
  };
  const path = await invite("nora@work.example");
  const code = path.split("/").at(-1);
  openId.person = nora;
  const visitor = portal.visitor("developer");
  expect((await visitor.get(path)).html).toContain(`href="/auth/staff?invitation=${code}"`);
  expect((await logIn(visitor, openId, `/auth/staff?invitation=${code}`)).location).toBe(path);
  expect((await visitor.get(path)).html).not.toContain('type="password"');
  await portal.newEvents();
  expect((await visitor.submit(path, { username: "nora", email: nora.email })).location).toBe("/account?done=joined");
  expect(await portal.newEvents()).toEqual(["user.created by developer nora in developer_portal"]);
  // The person has a user now, who cannot join a second account.
  const secondPath = await invite("nora@other.example");
  expect((await visitor.get(secondPath)).html).toContain('type="password"');
  const second = secondPath.split("/").at(-1);
  const refused = await logIn(portal.visitor("developer"), openId, `/auth/staff?invitation=${second}`);
  expect([refused.status, refused.html]).toEqual([422, expect.stringContaining("You have an account already")]);
});

test("a form that is submitted twice creates one account", async ({ portal, openId }) => {
  openId.person = nora;
  const visitor = portal.visitor("developer");
  await logIn(visitor, openId);
  const fields = { ...visitor.hiddenInputs((await visitor.get("/signup")).html, "/signup"), ...signUpOf("nora") };
  const cookies = new Map(visitor.cookies);
  const first = await visitor.post("/signup", fields);
  for (const [name, value] of cookies) visitor.cookies.set(name, value);
  const second = await visitor.post("/signup", { ...fields, username: "nora2", email: "nora2@tallow.example" });
  expect([second.status, second.location]).toEqual([303, first.location]);
  expect(await linkCount(portal)).toBe(1);
});

test("the state of a log-in belongs to one browser, one provider and one authentication provider, and works once", async ({
  portal,
  otherPortal,
  openId,
}) => {
  await addProvider(portal, { kind: "auth0", name: "Other", site: openId.issuer });
  await addProvider(otherPortal, { kind: "keycloak", name: "Staff", site: openId.issuer });
  openId.person = nora;
  const begin = async (visitor: Visitor) =>
    pathOf(await openId.logIn((await visitor.get("/auth/staff")).location ?? ""));
  const owner = portal.visitor("developer");
  const callback = await begin(owner);
  const forged = callback.replace(/state=[^&]+/, "state=forged");
  const stranger = portal.visitor("developer");
  await begin(stranger);
  const foreign = otherPortal.visitor("developer");
  for (const [name, value] of owner.cookies) foreign.cookies.set(name, value);
  const mixedUp = portal.visitor("developer");
  const ofStaff = await begin(mixedUp);
  const attempts: readonly (readonly [Visitor, string])[] = [
    [portal.visitor("developer"), callback], // no cookie
    [stranger, callback], // the state of another browser
    [foreign, callback], // a cookie of another provider
    [mixedUp, ofStaff.replace("/auth/staff/", "/auth/other/")],
  ];
  for (const [visitor, path] of attempts) {
    const response = await visitor.get(path);
    expect([response.status, response.html]).toEqual([403, expect.stringContaining("Please log in again")]);
  }
  const cookies = new Map(owner.cookies);
  expect((await owner.get(forged)).status).toBe(403);
  expect((await owner.get(callback)).status).toBe(403); // the forged one has ended the log-in
  for (const [name, value] of cookies) owner.cookies.set(name, value);
  expect((await owner.get(callback)).location).toBe("/signup");
  // The person is worth nothing at another provider, whose authentication provider has the same name.
  for (const [name, value] of owner.cookies) foreign.cookies.set(name, value);
  expect((await foreign.get("/signup")).html).toContain('type="password"');
  for (const [name, value] of cookies) owner.cookies.set(name, value);
  expect((await owner.get(callback)).status).toBe(502); // the identity provider takes a code once
  await portal.clock.advance(16 * 60_000);
  for (const [name, value] of cookies) owner.cookies.set(name, value);
  expect((await owner.get(callback)).status).toBe(403);
});

test("only published authentication providers are offered, and only by their own portal", async ({
  portal,
  openId,
}) => {
  openId.person = nora;
  const link = 'href="/auth/staff';
  for (const path of ["/login", "/signup"]) expect((await portal.visitor("developer").get(path)).html).toContain(link);
  const { pool, provider, clock } = portal;
  const by = { actor: { kind: "system" }, channel: "system", now: clock.now() } as const;
  const published = "select id from authentication_providers where provider_id = $1 and published";
  const [{ id } = { id: 0 }] = await pool.query<{ id: number }>(published, [provider.id]);
  const hide = { providerId: provider.id, accountType: "developer", id, values: { published: false }, by } as const;
  await updateAuthenticationProvider({ pool, encryption }, hide);
  const expectNone = async (): Promise<void> => {
    expect((await portal.visitor("developer").get("/login")).html).not.toContain(link);
    for (const path of ["/auth/staff", "/auth/staff/callback?code=x&state=y", "/auth/%00", "/auth/none"])
      expect([path, (await portal.visitor("developer").get(path)).status]).toEqual([path, 404]);
  };
  await expectNone();

  await deleteAuthenticationProvider({ pool, encryption }, { providerId: provider.id, id, by });
  const team = { kind: "keycloak", name: "Staff", client_id: "a", client_secret: "b", site: openId.issuer };
  const values = { ...team, published: true };
  await createAuthenticationProvider(
    { pool, encryption },
    { providerId: provider.id, accountType: "provider", values, by },
  );
  await expectNone();
});

test("a refusal and a wrong issuer are explained", async ({ portal, openId }) => {
  openId.person = undefined;
  const refused = await logIn(portal.visitor("developer"), openId);
  expect([refused.status, refused.html]).toEqual([403, expect.stringContaining("Staff did not log you in")]);
  await portal.pool.query("update authentication_providers set site = site || '/realms/x' where provider_id = $1", [
    portal.provider.id,
  ]);
  const wrong = await portal.visitor("developer").get("/auth/staff");
  expect([wrong.status, wrong.html]).toEqual([502, expect.stringContaining("cannot be used")]);
});

/** Answers of a plain OAuth 2 server, with the paths of GitHub Enterprise Server. */
const gitHub = (user: unknown, emails: unknown) => ({
  "/login/oauth/access_token": { access_token: "t", token_type: "bearer" },
  "/api/v3/user": user,
  "/api/v3/user/emails": emails,
});

test("GitHub identifies by its number, and only its verified primary address counts", async ({ portal }) => {
  await using server = await startOAuthServer();
  await addProvider(portal, { kind: "github", site: server.origin, system_name: "hub" });
  await portal.developer("nora");
  await confirm(portal, "nora");
  const user = { id: 4711, login: "nora-tallow", email: nora.email, company: "Tallow" };
  for (const [emails, location] of [
    [[{ email: nora.email, primary: true, verified: false }], "/signup"],
    [[{ email: nora.email, primary: false, verified: true }], "/signup"],
    ["none", "/signup"],
    [[{ email: nora.email, primary: true, verified: true }], "/account"],
  ] as const) {
    server.answers = gitHub(user, emails);
    expect([emails, (await comeBack(portal.visitor("developer"), "hub")).location]).toEqual([emails, location]);
  }
  const identities = await portal.pool.query("select subject from identities where provider_id = $1", [
    portal.provider.id,
  ]);
  expect(identities).toEqual([{ subject: "4711" }]);
});

test("the sign-up form has the name of the person, unless no user may have it", async ({ portal, openId }) => {
  for (const [name, kept] of [
    ["nora", true],
    ["Nora Tallow", false],
    ["no", false],
    ["n".repeat(41), false],
  ] as const) {
    openId.person = { ...nora, preferred_username: name };
    const visitor = portal.visitor("developer");
    expect((await logIn(visitor, openId)).location).toBe("/signup");
    const { html } = await visitor.get("/signup");
    expect([name, html.includes(`value="${name}"`)]).toEqual([name, kept]);
  }
});

test("another OAuth 2 server is read by the given keys, and its addresses are trusted only if the provider says so", async ({
  portal,
}) => {
  await using server = await startOAuthServer();
  await addProvider(portal, ofCustom(server.origin));
  await portal.developer("nora");
  await confirm(portal, "nora");
  const token = { access_token: "t", token_type: "bearer" };
  server.answers = { "/token": token, "/me": { uuid: "u-1", nick: "nora2", email: nora.email } };
  const visitor = portal.visitor("developer");
  expect((await comeBack(visitor, "hub")).location).toBe("/signup");
  expect((await visitor.get("/signup")).html).toContain('value="nora2"');
  await portal.pool.query("update authentication_providers set trust_email = true where provider_id = $1", [
    portal.provider.id,
  ]);
  expect((await comeBack(portal.visitor("developer"), "hub")).location).toBe("/account");
});

test("a hostile identity provider logs nobody in, and its requests are guarded and limited", async ({ portal }) => {
  await using server = await startOAuthServer();
  await using inner = await startOAuthServer();
  await addProvider(portal, ofCustom(server.origin));
  const token = { access_token: "t", token_type: "bearer" };
  const endless = (_request: unknown, response: ServerResponse): void => {
    response.writeHead(200, { "content-type": "application/json" });
    const timer = setInterval(() => response.write(" ".repeat(65_536)), 1);
    response.once("close", () => clearInterval(timer));
  };
  const redirect = (_request: unknown, response: ServerResponse): void =>
    void response.writeHead(302, { location: `${inner.origin}/token` }).end();
  const cases: readonly (readonly [answers: Readonly<Record<string, unknown>>, text: string])[] = [
    [{ "/token": endless }, "cannot be reached"],
    [{ "/token": token, "/me": endless }, "cannot be reached"],
    [{ "/token": redirect }, "cannot be used"],
    [{ "/token": { error: "invalid_grant" } }, "cannot be used"],
    [{ "/token": token, "/me": { nick: "nora" } }, "cannot be used"],
    [{ "/token": token, "/me": { uuid: { deep: 1 } } }, "cannot be used"],
    [{ "/token": token, "/me": ["uuid"] }, "cannot be used"],
    [{ "/token": token, "/me": { uuid: "x".repeat(256) } }, "cannot be used"],
  ];
  for (const [answers, text] of cases) {
    server.answers = answers;
    const visitor = portal.visitor("developer");
    const response = await comeBack(visitor, "hub");
    expect([response.status, response.html]).toEqual([502, expect.stringContaining(text)]);
    expect([await isLoggedIn(visitor), visitor.cookies.has("bellwire_person")]).toEqual([false, false]);
  }
  expect(inner.requests).toEqual([]);
  await portal.pool.query(
    "update authentication_providers set token_url = 'http://10.0.0.1/token' where provider_id = $1",
    [portal.provider.id],
  );
  expect((await comeBack(portal.visitor("developer"), "hub")).html).toContain("cannot be reached");
});

test("log-ins with identity providers count among those of a network", async ({ portal, openId }) => {
  openId.person = nora;
  const visitor = portal.visitor("developer", { address: "198.51.100.9" });
  const statuses: number[] = [];
  for (let n = 0; n < 101; n += 1) statuses.push((await visitor.get("/auth/staff")).status);
  expect(statuses.toSpliced(100)).toEqual(Array.from({ length: 100 }, () => 303));
  expect(statuses[100]).toBe(429);
  expect((await visitor.submit("/login", { username: "nora", password })).status).toBe(429);
});

test("the sign-up form keeps the plans of its link, and can be filled in with a password instead", async ({
  portal,
  openId,
}) => {
  openId.person = nora;
  const visitor = portal.visitor("developer");
  const { html } = await visitor.get("/signup?plan_ids[]=7");
  const [, href = ""] = /href="(\/auth\/staff[^"]*)"/.exec(html) ?? [];
  expect((await logIn(visitor, openId, href)).location).toBe("/signup?plan_ids%5B%5D=7");
  const [, instead = ""] = /href="([^"]*with=password)"/.exec((await visitor.get("/signup?plan_ids[]=7")).html) ?? [];
  expect((await visitor.get(instead.replaceAll("&amp;", "&"))).html).toContain('type="password"');
  expect((await visitor.submit("/signup", signUpValues("nora"))).status).toBe(303);
  expect(await linkCount(portal)).toBe(0);
});
