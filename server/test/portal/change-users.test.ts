import { expect } from "vitest";
import { createSession, findSession } from "#access/index.ts";
import type { Pool } from "#platform/database/database.ts";
import { createEncryption } from "#platform/encryption.ts";
import { activateUser, deleteAccount, lockAccount } from "#portal/accounts/index.ts";
import { listMails } from "#portal/mails/index.ts";
import { addProviderUser, deleteProviderUser } from "#portal/provider-account/index.ts";
import type { Provider } from "#portal/providers/index.ts";
import {
  createAuthenticationProvider,
  deleteAuthenticationProvider,
  linkIdentity,
} from "#portal/single-sign-on/index.ts";
import {
  type User,
  acceptInvitation,
  changeUserRole,
  createUser,
  deleteUser,
  findUsersByLogin,
  holdsPassword,
  inviteUser,
  listUsers,
  resendInvitation,
  suspendUser,
  updateUser,
} from "#portal/users/index.ts";
import { countWaiting } from "../support/count-waiting.ts";
import { test } from "../support/test.ts";
import { until } from "../support/until.ts";
import { byForm, byToken, eventsOf, form, now, setUp, signUp } from "./portal-fixture.ts";
import { passwords } from "../support/passwords.ts";

const by = { actor: { kind: "token", userId: 1 }, channel: "api", now } as const;
const mira = { username: "mira", email: "mira@fjord.example", password: "correct horse battery" };
const newPassword = { password: "another horse battery", password_confirmation: "another horse battery" };

interface PortalFixture {
  readonly provider: Provider;
  readonly accountId: number;
  readonly user: User;
}

async function openPortal(pool: Pool): Promise<PortalFixture> {
  const { provider } = await setUp(pool);
  const { details, user } = await signUp(pool, { provider, by: byForm });
  return { provider, accountId: details.account.id, user };
}

const openSession = async (pool: Pool, { provider, user }: PortalFixture): Promise<string> => {
  const session = { providerId: provider.id, audience: "developer", userId: user.id, now } as const;
  return (await pool.inTransaction((tx) => createSession(tx, session))).cookieValue;
};

const isOpen = async (pool: Pool, { provider }: PortalFixture, cookieValue: string): Promise<boolean> =>
  (await findSession(pool, { providerId: provider.id, audience: "developer", cookieValue, now })) !== undefined;

const passwordIs = async (pool: Pool, { provider }: PortalFixture, login: string, password: string): Promise<boolean> =>
  passwords.verify((await findUsersByLogin(pool, provider.id, login))[0]?.passwordHash, password, {
    providerId: provider.id,
  });

test("an update records changed fields, and of a password only that it changed", async ({ sharedPool: pool }) => {
  const fixture = await openPortal(pool);
  const values = { email: "new@fjord.example", ...newPassword };
  await updateUser(pool, passwords, { ...fixture, userId: fixture.user.id, values, writer: "program", by });
  const [event] = (await eventsOf(pool, fixture.provider.id)).slice(3);
  expect(event).toMatchObject({ type: "user.updated", previous: { email: form.email, password: null } });
  expect(await passwordIs(pool, fixture, "nora", newPassword.password)).toBe(true);
});

test("an invitation names the developer who sent it, or else the provider", async ({ sharedPool: pool }) => {
  const { provider, accountId, user } = await openPortal(pool);
  const developer = { actor: { kind: "developer", userId: user.id }, channel: "developer_portal", now } as const;
  const change = { provider, accountId, urlOf: (code: string) => code };
  const sent = await inviteUser(pool, { ...change, email: "bea@fjord.example", by: developer });
  const invitationId = sent && "invitation" in sent ? sent.invitation.id : 0;
  await resendInvitation(pool, { ...change, invitationId, by });
  const { rows } = await listMails(pool, provider.id, { limit: 10 });
  expect(rows.map(({ text }) => text.split("\n")[2]?.split(". ")[0])).toEqual([
    'Acme invites you to join "Fjord & Sons"',
    'nora invites you to join "Fjord & Sons" at Acme',
  ]);
});

const isMailed = [
  { recipient: "nora@elsewhere.example", subject: "Acme: a new password was set" },
  { recipient: form.email.toUpperCase(), subject: "Acme: your email address was changed" },
] as const;

test.for([
  ["in the Developer Portal", "active", "developer_portal", isMailed],
  ["in the Admin Portal", "active", "admin_portal", isMailed],
  ["by a program", "active", "api", []],
  ["in a portal, of a user who has not confirmed the former address", "pending", "admin_portal", []],
] as const)(
  "a change of an email address %s is mailed to the former address or not, and one of the password to the present one",
  async ([, state, channel, mails], { sharedPool: pool }) => {
    const fixture = await openPortal(pool);
    const { provider, accountId, user } = fixture;
    await pool.query("update users set state = $2 where provider_id = $1", [provider.id, state]);
    const change = { ...fixture, userId: user.id, writer: "program", by: { ...by, channel } } as const;
    const save = (values: Readonly<Record<string, string>>) => updateUser(pool, passwords, { ...change, values });
    await save({ email: "not an address" });
    await save({ username: "nora.l", email: form.email.toUpperCase() }); // the same mailbox
    await save({ email: "nora@elsewhere.example" });
    await save({ password: "short" });
    await save(newPassword);
    const { rows } = await listMails(pool, provider.id, { limit: 10, accountId });
    expect(rows).toMatchObject(mails);
    for (const { text } of rows) {
      expect(text).toMatch(
        /^Hello nora\.l,\n\n(?:the email address of your account at Acme was changed|a new password was set for your account at Acme)\./,
      );
      expect(text).not.toContain("elsewhere.example");
      expect(text).not.toContain(newPassword.password);
    }
  },
);

test("a suspension and a password change by another user end all sessions immediately", async ({
  sharedPool: pool,
}) => {
  const fixture = await openPortal(pool);
  const change = { ...fixture, userId: fixture.user.id, by };
  const first = await openSession(pool, fixture);
  await updateUser(pool, passwords, { ...change, values: newPassword, writer: "program" });
  expect(await isOpen(pool, fixture, first)).toBe(false);
  const second = await openSession(pool, fixture);
  await suspendUser(pool, change);
  expect(await isOpen(pool, fixture, second)).toBe(false);
});

test("a new password ends the session of a sign-in that it waits for", async ({ sharedPool: pool }) => {
  const fixture = await openPortal(pool);
  const [found] = await findUsersByLogin(pool, fixture.provider.id, form.username);
  const signIn = { providerId: fixture.provider.id, userId: fixture.user.id, passwordHash: found?.passwordHash ?? "" };
  const { session, change } = await pool.inTransaction(async (tx) => {
    await holdsPassword(tx, signIn);
    const { cookieValue } = await createSession(tx, { ...signIn, audience: "developer", now });
    const values = { ...fixture, userId: fixture.user.id, values: newPassword, writer: "program", by } as const;
    const waiting = updateUser(pool, passwords, values);
    await until(() => countWaiting(pool));
    return { session: cookieValue, change: { waiting } };
  });
  await change.waiting;
  expect(await isOpen(pool, fixture, session)).toBe(false);
});

test("a new password keeps the current session and ends all others", async ({ sharedPool: pool }) => {
  const fixture = await openPortal(pool);
  const [mine, other] = [await openSession(pool, fixture), await openSession(pool, fixture)];
  const own = {
    userId: fixture.user.id,
    writer: "developer",
    currentPassword: form.password,
    keptSession: mine,
  } as const;
  await updateUser(pool, passwords, { ...fixture, ...own, values: newPassword, by });
  expect([await isOpen(pool, fixture, mine), await isOpen(pool, fixture, other)]).toEqual([true, false]);
});

test.for([
  ["a name that another has", { username: "MIRA" }, { username: ["has already been taken"] }],
  ["a name that is too short", { username: "no" }, { username: ["is too short (minimum is 3 characters)"] }],
  ["no name", { username: "" }, { username: ["is too short (minimum is 3 characters)"] }],
  ["a name that is null", { username: null }, { username: ["is too short (minimum is 3 characters)"] }],
  ["a short password", { password: "short" }, { password: ["is too short (minimum is 12 characters)"] }],
] as const)("no user gets %s", async ([, values, refused], { sharedPool: pool }) => {
  const fixture = await openPortal(pool);
  await createUser(pool, passwords, { ...fixture, values: mira, by });
  const change = { ...fixture, userId: fixture.user.id, writer: "program", by } as const;
  expect(await updateUser(pool, passwords, { ...change, values })).toEqual({ refused });
  expect(await eventsOf(pool, fixture.provider.id)).toHaveLength(4);
});

type Removal = (pool: Pool, of: PortalFixture & { userId: number }) => Promise<unknown>;

const demote: Removal = (pool, of) => changeUserRole(pool, { ...of, role: "member", by });
const remove: Removal = (pool, of) => deleteUser(pool, { ...of, by });

/** The account with a second admin, and both of them. */
async function withTwoAdmins(pool: Pool): Promise<{ fixture: PortalFixture; users: readonly [User, User] }> {
  const fixture = await openPortal(pool);
  await createUser(pool, passwords, { ...fixture, values: mira, by });
  for (const { id } of await listUsers(pool, fixture.provider.id, fixture.accountId))
    await changeUserRole(pool, { ...fixture, userId: id, role: "admin", by });
  const [nora, other] = await listUsers(pool, fixture.provider.id, fixture.accountId);
  if (!nora || !other) throw new Error("There are fewer than two users.");
  return { fixture, users: [nora, other] };
}

const adminsOf = async (pool: Pool, { provider, accountId }: PortalFixture): Promise<User[]> =>
  (await listUsers(pool, provider.id, accountId)).filter(({ role }) => role === "admin");

test.for([
  ["delete each other", remove, remove],
  ["make each other a member", demote, demote],
  ["delete and demote each other", remove, demote],
] as const)(
  "of two admins who %s concurrently, one stays an admin",
  async ([, first, second], { sharedPool: pool }) => {
    for (let round = 0; round < 5; round += 1) {
      const { fixture, users } = await withTwoAdmins(pool);
      const [nora, other] = users;
      const outcomes = await Promise.all([
        first(pool, { ...fixture, userId: nora.id }),
        second(pool, { ...fixture, userId: other.id }),
      ]);
      expect(outcomes.filter((mailed) => "events" in Object(mailed))).toHaveLength(1);
      expect(await adminsOf(pool, fixture)).toHaveLength(1);
    }
  },
);

test("a change that waits for a concurrent change is decided by its result", async ({ sharedPool: pool }) => {
  const { fixture, users } = await withTwoAdmins(pool);
  const [nora, other] = users;
  const waiting = await pool.inTransaction(async (tx) => {
    await lockAccount(tx, fixture.provider.id, fixture.accountId);
    const second = demote(pool, { ...fixture, userId: other.id });
    await until(() => countWaiting(pool));
    await tx.query("update users set role = 'member' where provider_id = $1 and id = $2", [
      fixture.provider.id,
      nora.id,
    ]);
    return { second };
  });
  expect(await waiting.second).toEqual({ refused: { role: ["cannot be taken from the last admin"] } });
  expect(await adminsOf(pool, fixture)).toMatchObject([{ id: other.id }]);
});

test("a suspended admin does not count as a remaining admin", async ({ sharedPool: pool }) => {
  const { fixture, users } = await withTwoAdmins(pool);
  const [nora, other] = users;
  await activateUser(pool, { ...fixture, userId: other.id, by });
  expect(await suspendUser(pool, { ...fixture, userId: other.id, by })).toMatchObject({ user: { state: "suspended" } });
  expect(await remove(pool, { ...fixture, userId: nora.id })).toEqual({ notAllowed: "last admin" });
  expect(await demote(pool, { ...fixture, userId: nora.id })).toHaveProperty("refused");
});

async function invite(
  pool: Pool,
  { provider, accountId }: Pick<PortalFixture, "provider" | "accountId">,
): Promise<{ id: number; code: string }> {
  let code = "";
  const urlOf = (mailed: string): string => (code = mailed);
  const invited = await inviteUser(pool, { provider, accountId, email: mira.email, urlOf, by });
  return { id: invited && "invitation" in invited ? invited.invitation.id : 0, code };
}

const accepting = { ...mira, password_confirmation: mira.password };

test.for([
  ["approves it", false, "approved"],
  ["makes it pending if its plan requires approval", true, "pending"],
] as const)(
  "accepting an invitation to an account without an active user %s",
  async ([, approvalRequired, state], { sharedPool: pool }) => {
    const { provider } = await setUp(pool);
    await pool.query("update plans set approval_required = $2 where provider_id = $1", [provider.id, approvalRequired]);
    const { password: _, ...values } = form;
    const { details } = await signUp(pool, { provider, by: byToken, values });
    expect(details.account.state).toBe("created");

    const { code } = await invite(pool, { provider, accountId: details.account.id });
    await acceptInvitation(pool, passwords, { provider, code, values: accepting, now });
    expect(await pool.inTransaction((tx) => lockAccount(tx, provider.id, details.account.id))).toMatchObject({ state });
    expect((await eventsOf(pool, provider.id)).slice(-2)).toMatchObject([
      { type: "account.updated", actor: "developer", previous: { state: "created" } },
      { type: "user.created", actor: "developer" },
    ]);
  },
);

const addTeamMember = async (pool: Pool, provider: Provider): Promise<number> => {
  const values = { username: "ada", email: "ada@acme.example", password: "correct horse battery" };
  const added = await addProviderUser(pool, passwords, { provider, values, by });
  if (!("user" in added)) throw new Error(JSON.stringify(added));
  return added.user.id;
};

/** The pool, but `work` runs before the first statement whose text has `part`. */
const pausedBefore = (pool: Pool, part: string, work: () => Promise<unknown>): Pool => ({
  ...pool,
  inTransaction: (change) =>
    pool.inTransaction((tx) =>
      change({
        ...tx,
        async query<Row>(text: string, values?: readonly unknown[]) {
          if (text.includes(part)) await work();
          return tx.query<Row>(text, values);
        },
      }),
    ),
});

test.for([
  ["developer", "a user", deleteUser],
  ["developer", "an account", deleteAccount],
  ["admin", "a user of the provider", deleteProviderUser],
] as const)(
  "in the portal for %s, deleting %s and the authentication provider of its log-ins cannot deadlock",
  async ([audience, , deleteIt], { sharedPool: pool }) => {
    const { provider, accountId, user } = await openPortal(pool);
    const providerId = provider.id;
    await createUser(pool, passwords, { provider, accountId, values: mira, by });
    await pool.query("update users set role = 'admin' where account_id = $1", [accountId]);
    const userId = audience === "admin" ? await addTeamMember(pool, provider) : user.id;
    const needs = { pool, encryption: createEncryption([Buffer.alloc(32, 7)]) };
    const values = { kind: "auth0", client_id: "portal", client_secret: "tide", site: "https://id.example" };
    const accountType = audience === "admin" ? "provider" : "developer";
    const created = await createAuthenticationProvider(needs, { providerId, accountType, values, by });
    if (!("authenticationProvider" in created)) throw new Error(JSON.stringify(created));
    const { authenticationProvider } = created;
    const session = { providerId, audience, userId, now };
    await pool.inTransaction(async (tx) => {
      await linkIdentity(tx, { ...session, authenticationProvider, subject: "7" });
      await createSession(tx, session);
    });
    let deletion: Promise<unknown> = Promise.resolve();
    const paused = pausedBefore(pool, "delete from sessions", async () => {
      deletion = deleteIt(pool, { provider, accountId, userId, by });
      deletion.catch(() => undefined);
      await until(() => countWaiting(pool));
    });
    const { id } = authenticationProvider;
    expect(await deleteAuthenticationProvider({ ...needs, pool: paused }, { providerId, id, by })).toBe(true);
    expect(await deletion).toBeDefined();
  },
);
