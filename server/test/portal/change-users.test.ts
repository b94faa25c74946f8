import { expect } from "vitest";
import { createSession, findSession } from "#access/index.ts";
import type { Pool } from "#platform/database/database.ts";
import { activateUser, lockAccount } from "#portal/accounts/index.ts";
import type { Provider } from "#portal/providers/index.ts";
import {
  type User,
  acceptInvitation,
  changeUserRole,
  createUser,
  deleteUser,
  findUsersByLogin,
  inviteUser,
  listInvitations,
  listUsers,
  requestNewPassword,
  resendInvitation,
  resetPassword,
  suspendUser,
  updateUser,
} from "#portal/users/index.ts";
import { countWaiting } from "../support/count-waiting.ts";
import { test } from "../support/test.ts";
import { until } from "../support/until.ts";
import { byForm, eventsOf, form, now, setUp, signUp } from "./house.ts";
import { passwords } from "../support/passwords.ts";

const by = { actor: { kind: "token", userId: 1 }, channel: "api", now } as const;
const mira = { username: "mira", email: "mira@fjord.example", password: "correct horse battery" };
const newPassword = { password: "another horse battery", password_confirmation: "another horse battery" };

interface House {
  readonly provider: Provider;
  readonly accountId: number;
  readonly user: User;
}

async function house(pool: Pool): Promise<House> {
  const { provider } = await setUp(pool);
  const { whole, user } = await signUp(pool, { provider, by: byForm });
  return { provider, accountId: whole.account.id, user };
}

const openSession = async (pool: Pool, { provider, user }: House): Promise<string> => {
  const session = { providerId: provider.id, audience: "developer", userId: user.id, now } as const;
  return (await pool.inTransaction((tx) => createSession(tx, session))).cookieValue;
};

const isOpen = async (pool: Pool, { provider }: House, cookieValue: string): Promise<boolean> =>
  (await findSession(pool, { providerId: provider.id, audience: "developer", cookieValue, now })) !== undefined;

const passwordIs = async (pool: Pool, { provider }: House, login: string, password: string): Promise<boolean> =>
  passwords.verify((await findUsersByLogin(pool, provider.id, login))[0]?.passwordHash, password, {
    providerId: provider.id,
  });

test("an update tells which fields changed, and of a password only that it did", async ({ sharedPool: pool }) => {
  const its = await house(pool);
  const values = { email: "new@fjord.example", ...newPassword };
  await updateUser(pool, passwords, { ...its, userId: its.user.id, values, writer: "program", by });
  const [told] = (await eventsOf(pool, its.provider.id)).slice(3);
  expect(told).toMatchObject({ type: "user.updated", previous: { email: form.email, password: null } });
  expect(await passwordIs(pool, its, "nora", newPassword.password)).toBe(true);
});

test("a suspension and another's new password end every session at once", async ({ sharedPool: pool }) => {
  const its = await house(pool);
  const change = { ...its, userId: its.user.id, by };
  const first = await openSession(pool, its);
  await updateUser(pool, passwords, { ...change, values: newPassword, writer: "program" });
  expect(await isOpen(pool, its, first)).toBe(false);
  const second = await openSession(pool, its);
  await suspendUser(pool, change);
  expect(await isOpen(pool, its, second)).toBe(false);
});

test("who chooses a new password stays signed in there, and nowhere else", async ({ sharedPool: pool }) => {
  const its = await house(pool);
  const [mine, other] = [await openSession(pool, its), await openSession(pool, its)];
  const own = { userId: its.user.id, writer: "developer", currentPassword: form.password, keptSession: mine } as const;
  await updateUser(pool, passwords, { ...its, ...own, values: newPassword, by });
  expect([await isOpen(pool, its, mine), await isOpen(pool, its, other)]).toEqual([true, false]);
});

test("own details are changed only by who knows the password", async ({ sharedPool: pool }) => {
  const its = await house(pool);
  const change = { ...its, userId: its.user.id, values: newPassword, writer: "developer", by } as const;
  expect(await updateUser(pool, passwords, { ...change, currentPassword: "" })).toEqual({
    refused: { current_password: ["is incorrect"] },
  });
  expect(await passwordIs(pool, its, "nora", form.password)).toBe(true);
});

test.for([
  ["a name that another has", { username: "MIRA" }, { username: ["has already been taken"] }],
  ["a name that is too short", { username: "no" }, { username: ["is too short (minimum is 3 characters)"] }],
  ["no name", { username: "" }, { username: ["is too short (minimum is 3 characters)"] }],
  ["a short password", { password: "short" }, { password: ["is too short (minimum is 12 characters)"] }],
] as const)("no user gets %s", async ([, values, refused], { sharedPool: pool }) => {
  const its = await house(pool);
  await createUser(pool, passwords, { ...its, values: mira, by });
  const change = { ...its, userId: its.user.id, writer: "program", by } as const;
  expect(await updateUser(pool, passwords, { ...change, values })).toEqual({ refused });
  expect(await eventsOf(pool, its.provider.id)).toHaveLength(4);
});

type Removal = (pool: Pool, of: House & { userId: number }) => Promise<unknown>;

const demote: Removal = (pool, of) => changeUserRole(pool, { ...of, role: "member", by });
const remove: Removal = (pool, of) => deleteUser(pool, { ...of, by });

/** The account with a second admin, and both of them. */
async function withTwoAdmins(pool: Pool): Promise<{ its: House; users: readonly [User, User] }> {
  const its = await house(pool);
  await createUser(pool, passwords, { ...its, values: mira, by });
  for (const { id } of await listUsers(pool, its.provider.id, its.accountId))
    await changeUserRole(pool, { ...its, userId: id, role: "admin", by });
  const [nora, other] = await listUsers(pool, its.provider.id, its.accountId);
  if (!nora || !other) throw new Error("There are fewer than two users.");
  return { its, users: [nora, other] };
}

const adminsOf = async (pool: Pool, { provider, accountId }: House): Promise<User[]> =>
  (await listUsers(pool, provider.id, accountId)).filter(({ role }) => role === "admin");

test.for([
  ["delete each other", remove, remove],
  ["make each other a member", demote, demote],
  ["delete and demote each other", remove, demote],
] as const)("of two admins who %s at once, one stays an admin", async ([, first, second], { sharedPool: pool }) => {
  for (let round = 0; round < 5; round += 1) {
    const { its, users } = await withTwoAdmins(pool);
    const [nora, other] = users;
    const outcomes = await Promise.all([
      first(pool, { ...its, userId: nora.id }),
      second(pool, { ...its, userId: other.id }),
    ]);
    expect(outcomes.filter((it) => "events" in Object(it))).toHaveLength(1);
    expect(await adminsOf(pool, its)).toHaveLength(1);
  }
});

test("who waits for another's change of the account decides on what that change left", async ({ sharedPool: pool }) => {
  const { its, users } = await withTwoAdmins(pool);
  const [nora, other] = users;
  const waiting = await pool.inTransaction(async (tx) => {
    await lockAccount(tx, its.provider.id, its.accountId);
    const second = demote(pool, { ...its, userId: other.id });
    await until(() => countWaiting(pool));
    await tx.query("update users set role = 'member' where provider_id = $1 and id = $2", [its.provider.id, nora.id]);
    return { second };
  });
  expect(await waiting.second).toEqual({ refused: { role: ["cannot be taken from the last admin"] } });
  expect(await adminsOf(pool, its)).toMatchObject([{ id: other.id }]);
});

test("beside a suspended admin, the one who can act is the last", async ({ sharedPool: pool }) => {
  const { its, users } = await withTwoAdmins(pool);
  const [nora, other] = users;
  await activateUser(pool, { ...its, userId: other.id, by });
  expect(await suspendUser(pool, { ...its, userId: other.id, by })).toMatchObject({ user: { state: "suspended" } });
  expect(await remove(pool, { ...its, userId: nora.id })).toEqual({ notAllowed: "last admin" });
  expect(await demote(pool, { ...its, userId: nora.id })).toHaveProperty("refused");
});

test("a user is reached through its own account and its own provider alone", async ({ sharedPool: pool }) => {
  const [its, other] = [await house(pool), await house(pool)];
  for (const place of [
    { ...its, accountId: other.accountId },
    { ...its, provider: other.provider },
  ]) {
    const change = { ...place, userId: its.user.id, by };
    expect(await suspendUser(pool, change)).toBeUndefined();
    expect(await deleteUser(pool, change)).toBeUndefined();
    expect(await activateUser(pool, change)).toBeUndefined();
  }
});

async function invite(pool: Pool, { provider, accountId }: House): Promise<{ id: number; code: string }> {
  let code = "";
  const urlOf = (it: string): string => (code = it);
  const invited = await inviteUser(pool, { provider, accountId, email: mira.email, urlOf, by });
  return { id: invited && "invitation" in invited ? invited.invitation.id : 0, code };
}

const accepting = { ...mira, password_confirmation: mira.password };

test("who accepts an invitation is an active member at once, and the link works once", async ({ sharedPool: pool }) => {
  const its = await house(pool);
  const { provider } = its;
  const { code } = await invite(pool, its);
  const accepted = await acceptInvitation(pool, passwords, {
    provider,
    code,
    values: { ...accepting, email: undefined },
    now,
  });
  expect(accepted).toMatchObject({ refused: { email: ["can't be blank"] } });
  const { email: _, ...withoutEmail } = accepting;
  expect(await acceptInvitation(pool, passwords, { provider, code, values: withoutEmail, now })).toMatchObject({
    user: { accountId: its.accountId, email: mira.email, role: "member", state: "active" },
  });
  expect((await eventsOf(pool, provider.id)).at(-1)).toMatchObject({ type: "user.created", actor: "developer" });
  expect(await acceptInvitation(pool, passwords, { provider, code, values: accepting, now })).toBeUndefined();
  expect(await listInvitations(pool, provider.id, its.accountId)).toMatchObject([{ acceptedAt: now }]);
});

test("after an invitation was sent again only the new link works", async ({ sharedPool: pool }) => {
  const its = await house(pool);
  const { id, code: old } = await invite(pool, its);
  let code = "";
  await resendInvitation(pool, { ...its, invitationId: id, urlOf: (it) => (code = it), by });
  const accept = (link: string) =>
    acceptInvitation(pool, passwords, { provider: its.provider, code: link, values: accepting, now });
  expect(await accept(old)).toBeUndefined();
  expect(await accept(code)).toMatchObject({ user: { username: "mira" } });
});

test("nobody is invited twice, nor who is there already", async ({ sharedPool: pool }) => {
  const its = await house(pool);
  await invite(pool, its);
  const again = (email: string) => inviteUser(pool, { ...its, email, urlOf: (it) => it, by });
  expect(await again("MIRA@fjord.example")).toEqual({ refused: { email: ["has already been invited"] } });
  expect(await again(form.email)).toEqual({ refused: { email: ["has already been taken"] } });
  expect(await again("nobody")).toMatchObject({ refused: { email: [expect.any(String)] } });
});

async function ask(pool: Pool, { provider }: House, email: string): Promise<string> {
  let code = "";
  await requestNewPassword(pool, { provider, email, urlOf: (it) => (code = it), now });
  return code;
}

const mailsTo = async (pool: Pool, { provider }: House): Promise<number> =>
  (await pool.query(`select from mails where provider_id = $1`, [provider.id])).length;

test("a lost password is replaced by mail, once and within the hour, and ends all sessions", async ({
  sharedPool: pool,
}) => {
  const its = await house(pool);
  const session = await openSession(pool, its);
  const code = await ask(pool, its, form.email.toUpperCase());
  const reset = (minutes: number, password = newPassword.password) =>
    resetPassword(pool, passwords, {
      provider: its.provider,
      code,
      password,
      confirmation: password,
      now: new Date(now.getTime() + minutes * 60_000),
    });
  expect(await reset(60)).toBeUndefined();
  expect(await reset(59, "short")).toMatchObject({ refused: { password: [expect.any(String)] } });
  expect(await reset(59)).toMatchObject({ user: { id: its.user.id } });
  expect(await reset(59)).toBeUndefined();
  expect(await passwordIs(pool, its, "nora", newPassword.password)).toBe(true);
  expect(await isOpen(pool, its, session)).toBe(false);
});

test("no mail goes to an address that nobody has, or whose user is locked out", async ({ sharedPool: pool }) => {
  const its = await house(pool);
  await ask(pool, its, "nobody@fjord.example");
  await ask(pool, its, "no\0body");
  await suspendUser(pool, { ...its, userId: its.user.id, by });
  await ask(pool, its, form.email);
  expect(await mailsTo(pool, its)).toBe(0);
});
