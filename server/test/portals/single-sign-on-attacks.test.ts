import type { ServerResponse } from "node:http";
import { expect } from "vitest";
import { deleteAuthenticationProvider, updateAuthenticationProvider } from "#portal/single-sign-on/index.ts";
import { encryption } from "../support/build-webhooks.ts";
import { countWaiting } from "../support/count-waiting.ts";
import { until } from "../support/until.ts";
import { addProvider, comeBack, linkCount, ofCustom, pathOf, startOAuthServer } from "./identity-servers.ts";
import { password, type PortalFixture, test } from "./portal-test.ts";
import type { Visitor } from "./visitor.ts";

const token = { access_token: "t", token_type: "bearer" };

const answersOf = (info: object) => ({ "/token": token, "/me": { uuid: "u-1", ...info } });

const gitHubOf = (id: number, email: string) => ({
  "/login/oauth/access_token": token,
  "/api/v3/user": { id, login: `hub${id}` },
  "/api/v3/user/emails": [{ email, primary: true, verified: true }],
});

const byOf = ({ clock }: PortalFixture) =>
  ({ actor: { kind: "system" }, channel: "system", now: clock.now() }) as const;

const update = (portal: PortalFixture, id: number, values: object) =>
  updateAuthenticationProvider(
    { pool: portal.pool, encryption },
    { providerId: portal.provider.id, accountType: "developer", id, values: { ...values }, by: byOf(portal) },
  );

const remove = (portal: PortalFixture, id: number) =>
  deleteAuthenticationProvider(
    { pool: portal.pool, encryption },
    { providerId: portal.provider.id, id, by: byOf(portal) },
  );

const signUp = (visitor: Visitor, username: string, email: string) =>
  visitor.submit("/signup", { org_name: "Tallow Ltd", username, email });

test("a person of another issuer does not become the user of the same subject", async ({ portal }) => {
  await using before = await startOAuthServer();
  await using after = await startOAuthServer();
  const id = await addProvider(portal, { kind: "github", site: before.origin, system_name: "hub" });
  before.answers = gitHubOf(7, "nora@tallow.example");
  const nora = portal.visitor("developer");
  await comeBack(nora, "hub");
  await signUp(nora, "nora", "nora@tallow.example");
  await update(portal, id, { site: `${before.origin}/` });
  expect((await comeBack(portal.visitor("developer"), "hub")).location).toBe("/account");
  await update(portal, id, { site: after.origin });
  after.answers = gitHubOf(7, "stranger@quay.example");
  expect((await comeBack(portal.visitor("developer"), "hub")).location).toBe("/signup");
  after.answers = gitHubOf(8, "nora@tallow.example"); // the verified address leads to the same user again
  expect((await comeBack(portal.visitor("developer"), "hub")).location).toBe("/account");
});

test.for(["deleted and created again", "changed to another site"])(
  "a person who waits for the form is none of an authentication provider that was %s",
  async (change, { portal }) => {
    await using server = await startOAuthServer();
    const settings = { kind: "github", site: server.origin, system_name: "hub" };
    const id = await addProvider(portal, settings);
    server.answers = gitHubOf(7, "nora@tallow.example");
    const visitor = portal.visitor("developer");
    await comeBack(visitor, "hub");
    expect((await visitor.get("/signup")).html).not.toContain('type="password"');
    await portal.clock.advance(1000);
    if (change === "changed to another site") await update(portal, id, { site: "https://hub.example" });
    else expect([await remove(portal, id), await addProvider(portal, settings)]).toEqual([true, expect.any(Number)]);
    expect((await visitor.get("/signup")).html).toContain('type="password"');
  },
);

test.for(["deleted", "changed to another site"])(
  "the sessions of developers who logged in at an authentication provider end when it is %s",
  async (change, { portal }) => {
    await using server = await startOAuthServer();
    const id = await addProvider(portal, { kind: "github", site: server.origin, system_name: "hub" });
    server.answers = gitHubOf(7, "nora@tallow.example");
    const [nora, ada] = [portal.visitor("developer"), await portal.developer("ada")];
    await comeBack(nora, "hub");
    await signUp(nora, "nora", "nora@tallow.example");
    const statuses = async () => [(await nora.get("/account")).status, (await ada.get("/account")).status];
    await update(portal, id, { published: true, name: "Hub" });
    expect(await statuses()).toEqual([200, 200]);
    await (change === "deleted" ? remove(portal, id) : update(portal, id, { site: "https://hub.example" }));
    expect(await statuses()).toEqual([302, 200]);
  },
);

test("a site without an effect does not end links, and a linked address counts as confirmed", async ({ portal }) => {
  await using server = await startOAuthServer();
  const trusted = { ...ofCustom(server.origin), trust_email: true };
  const id = await addProvider(portal, trusted);
  await portal.developer("nora");
  // As the provider creates users.
  await portal.pool.query("update users set password_hash = null where provider_id = $1", [portal.provider.id]);
  server.answers = answersOf({ email: "nora@tallow.example" });
  expect((await comeBack(portal.visitor("developer"), "hub")).location).toBe("/account");
  await update(portal, id, { site: "https://elsewhere.example" });
  expect(await linkCount(portal)).toBe(1);
  await remove(portal, id);
  await addProvider(portal, trusted);
  expect((await comeBack(portal.visitor("developer"), "hub")).location).toBe("/account");
});

test("a user whose authentication provider is deleted is not handed to another person with its unproved address", async ({
  portal,
}) => {
  await using server = await startOAuthServer();
  const id = await addProvider(portal, ofCustom(server.origin));
  server.answers = answersOf({ nick: "intruder", email: "nora@tallow.example" });
  const intruder = portal.visitor("developer");
  await comeBack(intruder, "hub");
  expect((await signUp(intruder, "intruder", "nora@tallow.example")).location).toMatch(/^\/applications\//);
  await remove(portal, id);
  await addProvider(portal, { ...ofCustom(server.origin), trust_email: true });
  server.answers = { "/token": token, "/me": { uuid: "u-2", email: "nora@tallow.example" } };
  expect(pathOf((await comeBack(portal.visitor("developer"), "hub")).location)).toBe("/login?return_to=");
  expect(await linkCount(portal)).toBe(0);
});

test("a developer who gives a colleague without a password the address of a person does not get the person's log-in", async ({
  portal,
}) => {
  await using server = await startOAuthServer();
  await addProvider(portal, { ...ofCustom(server.origin), trust_email: true });
  const intruder = await portal.developer("intruder");
  const [colleague] = await portal.pool.query<{ id: number }>(
    `insert into users (provider_id, account_id, username, email, role, state, fields)
     select provider_id, account_id, 'colleague', 'colleague@tallow.example', 'member', 'active', '{}'
     from users where provider_id = $1 returning id`,
    [portal.provider.id],
  );
  server.answers = answersOf({ email: "nora@tallow.example" });
  const fields = { username: "colleague", email: "nora@tallow.example" };
  const saved = await intruder.submit(`/account/users/${colleague?.id}/edit`, fields);
  expect([saved.status, saved.location]).toEqual([303, "/account/users?done=saved"]);
  expect(pathOf((await comeBack(portal.visitor("developer"), "hub")).location)).toBe("/login?return_to=");
  expect(await linkCount(portal)).toBe(0);
});

test("a new password by mail locks out the person who has claimed the address, and nobody else", async ({ portal }) => {
  await using server = await startOAuthServer();
  await addProvider(portal, { kind: "github", site: server.origin, system_name: "hub" });
  const person = (verified: boolean) => ({
    ...gitHubOf(7, "nora@tallow.example"),
    "/api/v3/user/emails": [{ email: "nora@tallow.example", primary: true, verified }],
  });
  const reset = async () => {
    await portal.visitor("developer").submit("/lost-password", { email: "nora@tallow.example" });
    const chosen = { password, password_confirmation: password };
    expect((await portal.visitor("developer").submit(await portal.mailedPath(), chosen)).status).toBe(303);
  };
  server.answers = person(false);
  const intruder = portal.visitor("developer");
  await comeBack(intruder, "hub");
  await signUp(intruder, "intruder", "nora@tallow.example");
  expect((await comeBack(portal.visitor("developer"), "hub")).location).toBe("/account");
  await reset();
  expect((await comeBack(portal.visitor("developer"), "hub")).location).toBe("/signup");
  server.answers = person(true);
  expect((await comeBack(portal.visitor("developer"), "hub")).location).toBe("/account");
  await portal.clock.advance(10 * 60_000); // another mail is sent only then
  await reset();
  server.answers = person(false);
  expect((await comeBack(portal.visitor("developer"), "hub")).location).toBe("/account");
});

const removalPaths = async (visitor: Visitor): Promise<readonly string[]> =>
  Array.from(
    (await visitor.get("/account/sessions")).html.matchAll(
      /href="(\/account\/sessions\/log-ins\/[0-9a-f]{32}\/remove)"/g,
    ),
    ([, path = ""]) => path,
  );

test("a developer removes a log-in, which ends the sessions that began with it, and works no more", async ({
  portal,
  otherPortal,
}) => {
  await using server = await startOAuthServer();
  await addProvider(portal, { kind: "github", site: server.origin, system_name: "hub" });
  const nora = await portal.developer("nora");
  expect((await nora.get("/account/sessions")).html).not.toContain("Log-ins</h2>");
  await portal.pool.query("update users set confirmed_email = email where provider_id = $1", [portal.provider.id]);
  server.answers = gitHubOf(7, "nora@tallow.example");
  const intruder = portal.visitor("developer");
  expect((await comeBack(intruder, "hub")).location).toBe("/account");
  const [path = "", ...more] = await removalPaths(nora);
  expect(more).toEqual([]);

  for (const stranger of [await portal.developer("bob"), await otherPortal.developer("bob")]) {
    const page = await stranger.get("/account/sessions/end-others");
    const form = stranger.hiddenInputs(page.html, "/account/sessions/end-others");
    expect([(await stranger.post(path, form)).status, (await stranger.get(path)).status]).toEqual([404, 404]);
  }
  expect(await linkCount(portal)).toBe(1);
  const form = nora.hiddenInputs((await nora.get(path)).html, path);
  expect((await nora.post(path, {})).status).toBe(403);
  expect(await nora.post(path, form)).toMatchObject({
    status: 303,
    location: "/account/sessions?done=log-in-removed",
  });
  const again = await nora.post(path, form);
  expect([again.status, again.html]).toEqual([404, expect.stringContaining("<h1>Already removed</h1>")]);
  expect(again.html).toContain('<a class="button" href="/account/sessions">Sessions and log-ins</a>');
  expect([await linkCount(portal), await removalPaths(nora)]).toEqual([0, []]);
  expect([(await intruder.get("/account")).status, (await nora.get("/account")).status]).toEqual([302, 200]);
  server.answers = gitHubOf(7, "elsewhere@quay.example");
  expect((await comeBack(portal.visitor("developer"), "hub")).location).toBe("/signup");
});

test("a developer without a password keeps the only log-in that works, also if two are removed at once", async ({
  portal,
}) => {
  const { pool, provider } = portal;
  await using server = await startOAuthServer();
  const ids = [
    await addProvider(portal, { kind: "github", site: server.origin, system_name: "hub" }),
    await addProvider(portal, { ...ofCustom(server.origin), system_name: "own", trust_email: true }),
  ];
  const nora = portal.visitor("developer");
  const email = "nora@tallow.example";
  server.answers = { ...gitHubOf(7, email), ...answersOf({ email }) };
  await comeBack(nora, "hub");
  await signUp(nora, "nora", "nora@tallow.example");
  expect(await removalPaths(nora)).toEqual([]);
  expect((await nora.get("/account/sessions")).html).toContain('<a href="/lost-password">Choose a password</a>');
  await pool.query("update users set confirmed_email = email where provider_id = $1", [provider.id]);
  expect((await comeBack(portal.visitor("developer"), "own")).location).toBe("/account");

  await update(portal, ids[1] ?? 0, { published: false });
  const [hidden = "", ...more] = await removalPaths(nora);
  expect(more).toEqual([]);
  await update(portal, ids[1] ?? 0, { published: true });
  const paths = await removalPaths(nora);
  expect(paths).toEqual([expect.any(String), hidden]);
  const forms = await Promise.all(
    paths.map(async (path) => ({ path, form: nora.hiddenInputs((await nora.get(path)).html, path) })),
  );
  const responses = await pool.inTransaction(async (tx) => {
    await tx.query("select from users where provider_id = $1 for update", [provider.id]);
    const waiting = { responses: Promise.all(forms.map(({ path, form }) => nora.post(path, form))) };
    await until(async () => (await countWaiting(pool)) === 2);
    return waiting;
  });
  expect((await responses.responses).map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([303, 422]);
  expect((await responses.responses).map(({ html }) => html).join()).toContain("<h1>You need this log-in</h1>");
  expect([await linkCount(portal), await removalPaths(nora)]).toEqual([1, []]);
});

/** Changes made to nora, or to her link, while the log-in of a person waits for her row. */
const changesMeanwhile = [
  ["linked", "update users set state = 'suspended' where id = $1"],
  [
    "linked",
    `update identities set user_id = other.id from users other
     where user_id = $1 and other.provider_id = identities.provider_id and other.username = 'ada'`,
  ],
  ["known by the address", "update users set state = 'suspended' where id = $1"],
  ["known by the address", "update users set email = 'moved@tallow.example' where id = $1"],
  ["known by the address", "update users set confirmed_email = '' where id = $1"],
] as const;

test.for(changesMeanwhile)(
  "a person who is %s is not logged in if the user is changed at the same time by %s",
  async ([is, change], { portal }) => {
    const { pool, provider } = portal;
    await using server = await startOAuthServer();
    await addProvider(portal, { ...ofCustom(server.origin), trust_email: true });
    server.answers = answersOf({ email: "nora@tallow.example" });
    await portal.developer("ada");
    await portal.developer("nora");
    // As the provider creates users.
    const [nora] = await pool.query<{ id: number }>(
      `update users set password_hash = null, confirmed_email = null
       where provider_id = $1 and username = 'nora' returning id`,
      [provider.id],
    );
    if (is === "linked") await comeBack(portal.visitor("developer"), "hub");
    const links = await linkCount(portal);
    const visitor = portal.visitor("developer");
    const { back } = await pool.inTransaction(async (tx) => {
      await tx.query("select from users where id = $1 for update", [nora?.id]);
      await tx.query(change, [nora?.id]);
      const waiting = { back: comeBack(visitor, "hub") };
      await until(async () => (await countWaiting(pool)) === 1);
      return waiting;
    });
    expect([(await back).status, visitor.cookies.has("bellwire_developer")]).toEqual([422, false]);
    expect(await linkCount(portal)).toBe(links);
  },
);

test.for(["deleted", "changed to another site", "being changed"])(
  "a log-in that the former server delays until its authentication provider is %s links nobody",
  async (change, { portal }) => {
    const { pool } = portal;
    await using server = await startOAuthServer();
    const id = await addProvider(portal, { ...ofCustom(server.origin), trust_email: true });
    await portal.developer("nora");
    await pool.query("update users set confirmed_email = email where provider_id = $1", [portal.provider.id]);
    const answers = answersOf({ email: "nora@tallow.example" });
    const answerDuring: Readonly<Record<typeof change, (answer: () => void) => Promise<unknown>>> = {
      deleted: (answer) => remove(portal, id).then(answer),
      "changed to another site": (answer) => update(portal, id, { site: "https://hub.example" }).then(answer),
      "being changed": (answer) =>
        pool.inTransaction(async (tx) => {
          await tx.query("update authentication_providers set updated_at = now() where id = $1", [id]);
          answer();
          await until(async () => (await countWaiting(pool)) === 1);
        }),
    };
    await portal.clock.advance(1000);
    server.answers = {
      ...answers,
      "/me": (_: unknown, response: ServerResponse) => {
        response.setHeader("content-type", "application/json");
        void answerDuring[change]?.(() => response.end(JSON.stringify(answers["/me"])));
      },
    };
    const intruder = portal.visitor("developer");
    expect((await comeBack(intruder, "hub")).status).toBe(422);
    expect(intruder.cookies.has("bellwire_developer")).toBe(false);
    expect(await linkCount(portal)).toBe(0);
  },
);

test("answers that are no answers of an identity provider are explained", async ({ portal }) => {
  await using server = await startOAuthServer();
  await addProvider(portal, ofCustom(server.origin));
  const raw =
    (status: number, body: string, headers = {}) =>
    (_request: unknown, response: ServerResponse) =>
      void response.writeHead(status, { "content-type": "application/json", ...headers }).end(body);
  const cases: readonly (readonly [name: string, answers: Readonly<Record<string, unknown>>])[] = [
    ["no JSON", { "/token": raw(200, "<html>") }],
    ["no JSON of the user", { "/token": token, "/me": raw(200, "<html>") }],
    ["a status beyond those of HTTP", { "/token": raw(999, "{}") }],
    ["a status beyond those of HTTP for the user", { "/token": token, "/me": raw(999, "{}") }],
    ["a token that no header can hold", { "/token": { ...token, access_token: "a\nb" } }],
    ["a token beyond Latin-1", { "/token": { ...token, access_token: "\u6f22" } }],
    ["several cookies", { "/token": raw(200, "[]", { "set-cookie": ["a=1", "b=2"] }) }],
  ];
  const statuses: (readonly [string, number])[] = [];
  for (const [name, answers] of cases) {
    server.answers = answers;
    statuses.push([name, (await comeBack(portal.visitor("developer"), "hub")).status]);
  }
  expect(statuses).toEqual(cases.map(([name]) => [name, 502]));
});

test("a path to return to that no cookie can hold is left out", async ({ portal }) => {
  await using server = await startOAuthServer();
  await addProvider(portal, ofCustom(server.origin));
  const visitor = portal.visitor("developer");
  await visitor.get(`/auth/hub?return_to=${encodeURIComponent(`/applications?search=${"\u6f22".repeat(1000)}`)}`);
  const cookie = visitor.cookies.get("bellwire_sso") ?? "";
  expect([cookie === "", cookie.length < 3500]).toEqual([false, true]);
});

test("the log-in speaks of a user with the address only if there is one", async ({ portal }) => {
  await using server = await startOAuthServer();
  await addProvider(portal, { ...ofCustom(server.origin), trust_email: true });
  server.answers = answersOf({ nick: "nora", email: "nora@tallow.example" });
  const visitor = portal.visitor("developer");
  expect((await comeBack(visitor, "hub")).location).toBe("/signup");
  const { html } = await visitor.get("/login");
  expect(html).not.toContain("there is a user with your email address");
  expect(html).toContain('href="/auth/hub"');
});
