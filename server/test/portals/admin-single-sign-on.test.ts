import { expect } from "vitest";
import type { Actor } from "#access/index.ts";
import { parseProviderSettings, updateProviderSettings, updateProviderUser } from "#portal/provider-account/index.ts";
import {
  createAuthenticationProvider,
  deleteAuthenticationProvider,
  updateAuthenticationProvider,
} from "#portal/single-sign-on/index.ts";
import { encryption } from "../support/build-webhooks.ts";
import { countWaiting } from "../support/count-waiting.ts";
import { passwords } from "../support/passwords.ts";
import { until } from "../support/until.ts";
import { client, pathOf, startOpenIdProvider, type OpenIdProvider } from "./identity-servers.ts";
import { password, type PortalFixture, test as base } from "./portal-test.ts";
import type { PageResponse, Visitor } from "./visitor.ts";

interface Team {
  readonly openId: OpenIdProvider;
  readonly id: number;
}

const byOf = ({ clock }: PortalFixture) =>
  ({ actor: { kind: "system" }, channel: "system", now: clock.now() }) as const;

const test = base.extend("team", async ({ portal }, { onCleanup }): Promise<Team> => {
  const { pool, provider } = portal;
  const openId = await startOpenIdProvider([`https://${provider.subdomain}-admin.bellwire.test/auth/staff/callback`]);
  onCleanup(() => openId[Symbol.asyncDispose]());
  const values = { ...client, kind: "keycloak", name: "Staff", site: openId.issuer, published: true };
  const created = await createAuthenticationProvider(
    { pool, encryption },
    { providerId: provider.id, accountType: "provider", values, by: byOf(portal) },
  );
  if ("refused" in created) throw new Error(JSON.stringify(created.refused));
  await pool.query("update provider_users set email = 'boss@acme.example' where provider_id = $1", [provider.id]);
  portal.buildWeb();
  return { openId, id: created.authenticationProvider.id };
});

const boss = { sub: "b-1", email: "boss@acme.example", email_verified: true };

/** Signs in at the identity provider, and follows the redirect from 3scale's callback. */
async function signIn(visitor: Visitor, { openId }: Team, path = "/p/auth/staff"): Promise<PageResponse> {
  const begun = await visitor.get(path);
  const back = await visitor.get(pathOf(await openId.logIn(begun.location ?? "")));
  expect([back.status, back.location]).toEqual([303, expect.stringMatching(/^\/p\/auth\/staff\/callback\?/)]);
  return visitor.get(back.location ?? "");
}

const isSignedIn = async (visitor: Visitor): Promise<boolean> => (await visitor.get("/p/admin")).status === 200;

async function enforce(portal: PortalFixture, enforce_sso: boolean): Promise<unknown> {
  const parsed = parseProviderSettings({ enforce_sso }, "settings", portal.clock.now());
  if ("refused" in parsed) throw new Error(JSON.stringify(parsed.refused));
  const update = { providerId: portal.provider.id, change: parsed.change, by: byOf(portal) };
  const outcome = await updateProviderSettings(portal.pool, update);
  return "refused" in outcome ? outcome.refused["enforce_sso"] : outcome.settings.enforceSso;
}

test("a verified address signs in its user of the team, and the person stays that user", async ({ portal, team }) => {
  team.openId.person = boss;
  const visitor = portal.visitor("admin");
  expect((await visitor.get("/p/login")).html).toContain('href="/p/auth/staff"');
  const signedIn = await signIn(visitor, team, "/p/auth/staff?return_to=%2Fp%2Fadmin%2Fteam");
  expect([signedIn.status, signedIn.location, await isSignedIn(visitor)]).toEqual([303, "/p/admin/team", true]);
  await portal.addProviderUser("second", "member");
  await portal.pool.query("update provider_users set email = 'second@acme.example' where username = 'second'");
  team.openId.person = { sub: "s-2", email: "second@acme.example", email_verified: true };
  const second = portal.visitor("admin");
  expect([(await signIn(second, team)).status, await isSignedIn(second)]).toEqual([303, true]);
  team.openId.person = { ...boss, email: "new@acme.example", email_verified: false };
  expect(await signIn(portal.visitor("admin"), team)).toMatchObject({ status: 303, location: "/p/admin" });
});

test("nobody else signs in, and no user of the team is made", async ({ portal, team }) => {
  const count = async () =>
    (await portal.pool.query("select from provider_users where provider_id = $1", [portal.provider.id])).length;
  await portal.developer("nora");
  const before = await count();
  for (const claims of [{ email: "nora@tallow.example" }, { email_verified: false }, { email: undefined }]) {
    team.openId.person = { ...boss, ...claims };
    const visitor = portal.visitor("admin");
    const refused = await signIn(visitor, team);
    expect([refused.status, refused.html]).toEqual([403, expect.stringContaining("Ask an admin to add you")]);
    expect(await isSignedIn(visitor)).toBe(false);
  }
  team.openId.person = boss;
  for (const state of ["suspended", "pending"]) {
    await portal.pool.query("update provider_users set state = $2 where provider_id = $1", [portal.provider.id, state]);
    expect((await signIn(portal.visitor("admin"), team)).html).toContain("Your user is not active");
  }
  await portal.pool.query("update provider_users set state = 'active' where provider_id = $1", [portal.provider.id]);
  expect((await signIn(portal.visitor("admin"), team)).status).toBe(303); // which links the person
  await portal.pool.query("update provider_users set state = 'suspended' where provider_id = $1", [portal.provider.id]);
  const linked = portal.visitor("admin");
  expect((await signIn(linked, team)).html).toContain("Your user is not active");
  expect(linked.cookies.has("bellwire_admin")).toBe(false);
  expect(await count()).toBe(before);
});

test.for([
  ["known by the address", "email = 'moved@acme.example'"],
  ["linked", "state = 'suspended'"],
] as const)(
  "a person who is %s does not sign in if the user is changed at the same time to %s",
  async ([is, change], { portal, team }) => {
    const { pool, provider } = portal;
    team.openId.person = boss;
    if (is === "linked") await signIn(portal.visitor("admin"), team);
    const visitor = portal.visitor("admin");
    const { signedIn } = await pool.inTransaction(async (tx) => {
      await tx.query(`update provider_users set ${change} where provider_id = $1`, [provider.id]);
      const signingIn = signIn(visitor, team);
      await until(async () => (await countWaiting(pool)) === 1);
      return { signedIn: signingIn };
    });
    expect([(await signedIn).status, visitor.cookies.has("bellwire_admin")]).toEqual([403, false]);
  },
);

test("a user of the team to which somebody else gives another address is no longer the person's", async ({
  portal,
  team,
}) => {
  const { pool, provider } = portal;
  const { id: userId } = await portal.addProviderUser("second", "admin");
  const rename = (actor: Actor, email: string) => {
    const by = { actor, channel: "admin_portal", now: portal.clock.now() } as const;
    return updateProviderUser(pool, passwords, { provider, userId, values: { email }, by });
  };
  await rename({ kind: "system" }, "boss2@acme.example");
  team.openId.person = { ...boss, email: "boss2@acme.example" };
  const visitor = portal.visitor("admin");
  await signIn(visitor, team);
  await rename({ kind: "admin", userId }, "own@acme.example");
  await rename({ kind: "token", userId }, "own2@acme.example");
  expect([await isSignedIn(visitor), (await signIn(portal.visitor("admin"), team)).status]).toEqual([true, 303]);
  await rename({ kind: "key" }, "successor@acme.example");
  expect([await isSignedIn(visitor), (await signIn(portal.visitor("admin"), team)).status]).toEqual([false, 403]);
  team.openId.person = { ...boss, sub: "s-3", email: "successor@acme.example" };
  expect((await signIn(portal.visitor("admin"), team)).status).toBe(303);
});

test("the deletion of the authentication provider ends the sessions of its users, except of who deletes it", async ({
  portal,
  team,
}) => {
  const { pool, provider } = portal;
  const second = await portal.addProviderUser("second", "admin");
  await pool.query("update provider_users set email = 'second@acme.example' where provider_id = $1 and id = $2", [
    provider.id,
    second.id,
  ]);
  const [own, other] = [portal.visitor("admin"), portal.visitor("admin")];
  team.openId.person = boss;
  await signIn(other, team);
  team.openId.person = { sub: "s-2", email: "second@acme.example", email_verified: true };
  await signIn(own, team);
  const by = { ...byOf(portal), actor: { kind: "admin", userId: second.id } } as const;
  const reference = { providerId: provider.id, id: team.id, by };
  expect(await deleteAuthenticationProvider({ pool, encryption }, reference)).toBe(true);
  expect([await isSignedIn(own), await isSignedIn(other)]).toEqual([true, false]);
});

test("passwords can be refused once somebody has signed in with the published authentication provider", async ({
  portal,
  team,
}) => {
  const { pool, provider } = portal;
  const untested = ["SSO could not be enforced. Authentication flow has to be checked."];
  expect(await enforce(portal, true)).toEqual(untested);
  team.openId.person = boss;
  await signIn(portal.visitor("admin"), team);
  await portal.clock.advance(1000);
  const change = { providerId: provider.id, accountType: "provider", id: team.id, by: byOf(portal) } as const;
  const update = (values: object) =>
    updateAuthenticationProvider({ pool, encryption }, { ...change, values: { ...values } });
  await update({ client_id: "bellwire2" });
  expect(await enforce(portal, true)).toEqual(untested); // it was changed since then
  await update({ client_id: "bellwire" });
  await portal.clock.advance(1000);
  await signIn(portal.visitor("admin"), team);
  await update({ published: false });
  expect(await enforce(portal, true)).toEqual([expect.stringContaining("No published authentication providers")]);
  await update({ published: true });
  await portal.clock.advance(1000);
  await signIn(portal.visitor("admin"), team);
  expect(await enforce(portal, true)).toBe(true);
  expect(await enforce(portal, true)).toBe(true);

  const visitor = portal.visitor("admin");
  const { html } = await visitor.get("/p/login");
  expect([html.includes("/p/auth/staff"), html.includes('type="password"')]).toEqual([true, false]);
  expect(await enforce(portal, false)).toBe(false);
  const fields = visitor.hiddenInputs((await visitor.get("/p/login")).html, "/p/login");
  expect(await enforce(portal, true)).toBe(true);
  const refused = await visitor.post("/p/login", { ...fields, username: "boss", password });
  expect([refused.status, refused.html]).toEqual([403, expect.stringContaining("Passwords are not accepted")]);
  expect((await signIn(portal.visitor("admin"), team)).location).toBe("/p/admin");

  // It cannot be taken away meanwhile, in no way.
  expect(await update({ published: false })).toBe("needed");
  expect(await deleteAuthenticationProvider({ pool, encryption }, change)).toBe("needed");
  expect(await enforce(portal, false)).toBe(false);
  expect(await deleteAuthenticationProvider({ pool, encryption }, change)).toBe(true);
  expect((await portal.visitor("admin").submit("/p/login", { username: "boss", password })).status).toBe(303);
});

test.for(["update", "delete"] as const)(
  "a concurrent %s of the authentication provider waits for enforce_sso, and does not lock everybody out",
  async (change, { portal, team }) => {
    const { pool, provider } = portal;
    const reference = { providerId: provider.id, accountType: "provider", id: team.id, by: byOf(portal) } as const;
    const { outcome } = await pool.inTransaction(async (tx) => {
      await tx.query("update providers set enforce_sso = true where id = $1", [provider.id]);
      const changing =
        change === "update"
          ? updateAuthenticationProvider({ pool, encryption }, { ...reference, values: { published: false } })
          : deleteAuthenticationProvider({ pool, encryption }, reference);
      await until(async () => (await countWaiting(pool)) === 1);
      return { outcome: changing };
    });
    expect(await outcome).toBe("needed");
  },
);
