import { expect } from "vitest";
import {
  type ProviderUser,
  createProviderUser,
  createSession,
  findAccessToken,
  findSession,
  listProviderUsers,
  signInProviderUser,
} from "#access/index.ts";
import type { Pool } from "#platform/database/database.ts";
import { signUpAccount, signUpIsOpen } from "#portal/accounts/index.ts";
import {
  activateProviderUser,
  addProviderUser,
  changeProviderUserRole,
  deleteProviderUser,
  issueAccessToken,
  readProviderSettings,
  suspendProviderUser,
  unsuspendProviderUser,
  updateProviderSettings,
  updateProviderUser,
} from "#portal/provider-account/index.ts";
import { listMails } from "#portal/mails/index.ts";
import { test } from "../support/test.ts";
import { byToken, eventsOf, form, now, setUp } from "./portal-fixture.ts";
import { passwords } from "../support/passwords.ts";

const by = { actor: { kind: "admin", userId: 1 }, channel: "admin_portal", now } as const;
const requester = { actor: { kind: "key" }, permission: "rw", scopes: [] } as const;
const proof = { currentPassword: "", session: undefined };
const ada = { username: "ada", email: "ada@acme.example", password: "correct horse battery" };

const auditOf = (pool: Pool, providerId: number): Promise<{ action: string }[]> =>
  pool.query(`select action from audit_records where provider_id = $1 order by id`, [providerId]);

function userOf(outcome: object | undefined): ProviderUser {
  const user = Object.entries(outcome ?? {}).find(([name]) => name === "user")?.[1];
  if (!user) throw new Error(JSON.stringify(outcome));
  return user;
}

test("a new provider user is a pending member, and can log in once activated", async ({ sharedPool: pool }) => {
  const { provider } = await setUp(pool);
  const user = userOf(await addProviderUser(pool, passwords, { provider, values: ada, by }));
  expect(user).toMatchObject({ username: "ada", role: "member", state: "pending", sections: [] });
  const signIn = { providerId: provider.id, login: "ada", password: ada.password };
  expect(await signInProviderUser(pool, passwords, signIn)).toBeUndefined();
  await activateProviderUser(pool, { provider, userId: user.id, by });
  expect(await signInProviderUser(pool, passwords, signIn)).toMatchObject({ user: { id: user.id } });
  expect(await auditOf(pool, provider.id)).toEqual([{ action: "user.created" }, { action: "user.changed" }]);
  expect(await eventsOf(pool, provider.id)).toEqual([]);
});

test.for([
  ["a name that is taken", { ...ada, username: "ADMIN" }, { username: ["has already been taken"] }],
  ["no address", { username: "ada" }, { email: ["should look like an email address"] }],
  ["a short password", { ...ada, password: "short" }, { password: ["is too short (minimum is 12 characters)"] }],
  ["no address", { ...ada, email: "nowhere" }, { email: ["should look like an email address"] }],
] as const)("no user of the provider has %s", async ([, values, refused], { sharedPool: pool }) => {
  const { provider } = await setUp(pool);
  expect(await addProviderUser(pool, passwords, { provider, values, by })).toEqual({ refused });
});

const removals = {
  delete: deleteProviderUser,
  suspend: suspendProviderUser,
  demote: (pool: Pool, change: Parameters<typeof deleteProviderUser>[1]) =>
    changeProviderUserRole(pool, { ...change, role: "member" }),
} as const;

test.for([
  ["delete", "delete"],
  ["suspend", "suspend"],
  ["demote", "demote"],
  ["delete", "suspend"],
  ["suspend", "demote"],
  ["demote", "delete"],
] as const)("of two admins who %s and %s each other concurrently, one stays", async (steps, { sharedPool: pool }) => {
  const { provider } = await setUp(pool);
  const passwordHash = await passwords.hash("x", { providerId: provider.id });
  await pool.inTransaction((tx) =>
    createProviderUser(tx, { providerId: provider.id, username: "ada", passwordHash, role: "admin" }),
  );
  const admins = await listProviderUsers(pool, provider.id);
  const outcomes = await Promise.all(
    admins.map(({ id }, index) => removals[steps[index] ?? "delete"](pool, { provider, userId: id, by })),
  );
  expect(outcomes).toContainEqual({ notAllowed: expect.stringMatching(/^(last|only) admin$/) });
  expect(await listProviderUsers(pool, provider.id, { role: "admin", state: "active" })).toHaveLength(1);
});

test("a suspension immediately ends sessions and blocks tokens; its end unblocks the tokens", async ({
  sharedPool: pool,
}) => {
  const { provider } = await setUp(pool);
  const providerId = provider.id;
  const { id: userId } = userOf(await addProviderUser(pool, passwords, { provider, values: ada, by }));
  const change = { provider, userId, by };
  await activateProviderUser(pool, change);
  const { cookieValue } = await pool.inTransaction((tx) =>
    createSession(tx, { providerId, audience: "admin", userId, now }),
  );
  const issued = await issueAccessToken(pool, passwords, {
    providerId,
    userId,
    name: "CI",
    scopes: ["stats"],
    permission: "ro",
    requester,
    proof,
    by,
  });
  const value = issued && "value" in issued ? issued.value : "";
  expect(await findAccessToken(pool, { providerId, value, now })).toBeDefined();

  await suspendProviderUser(pool, change);
  expect(await findSession(pool, { providerId, audience: "admin", cookieValue, now })).toBeUndefined();
  expect(await findAccessToken(pool, { providerId, value, now })).toBeUndefined();
  await unsuspendProviderUser(pool, change);
  expect(await findAccessToken(pool, { providerId, value, now })).toBeDefined();
});

test("new credentials of a user of the provider are mailed to the former address, also if a program sets them", async ({
  sharedPool: pool,
}) => {
  const { provider } = await setUp(pool);
  const { id: userId } = userOf(await addProviderUser(pool, passwords, { provider, values: ada, by }));
  const save = (email: string, channel: "admin_portal" | "api") =>
    updateProviderUser(pool, passwords, { provider, userId, values: { email }, by: { ...by, channel } });
  await save("ada@acme.example.net", "admin_portal"); // corrects the address of a pending user
  await activateProviderUser(pool, { provider, userId, by });
  await save("ada@elsewhere.example", "admin_portal");
  await save("ada@other.example", "api");
  await updateProviderUser(pool, passwords, { provider, userId, values: { password: "another horse battery" }, by });
  const { rows } = await listMails(pool, provider.id, { limit: 10 });
  expect(rows.map(({ recipient, text }) => [recipient, text.split("\n")[2]?.split(". ")[0]])).toEqual([
    ["ada@other.example", "a new password was set for your account in the Admin Portal of Acme."],
    ["ada@elsewhere.example", "the email address of your account in the Admin Portal of Acme was changed"],
    ["ada@acme.example.net", "the email address of your account in the Admin Portal of Acme was changed"],
  ]);
});

test("the audit record of a changed user of the provider names what was changed, without names and addresses", async ({
  sharedPool: pool,
}) => {
  const { provider } = await setUp(pool);
  const { id: userId } = userOf(await addProviderUser(pool, passwords, { provider, values: ada, by }));
  const values = { username: "lovelace", email: "lovelace@acme.example", password: "another horse battery" };
  await updateProviderUser(pool, passwords, { provider, userId, values, by });
  await activateProviderUser(pool, { provider, userId, by });
  const statement = "select detail from audit_records where provider_id = $1 and action = 'user.changed' order by id";
  const others = { role: "member", sections: [], serviceIds: null };
  expect(await pool.query(statement, [provider.id])).toEqual([
    { detail: { changed: ["username", "email", "password"], state: "pending", ...others } },
    { detail: { changed: ["state"], state: "active", ...others } },
  ]);
});

test("a new password ends all sessions except the current one", async ({ sharedPool: pool }) => {
  const { provider } = await setUp(pool);
  const providerId = provider.id;
  const [{ id: userId } = { id: 0 }] = await listProviderUsers(pool, providerId);
  const open = () => pool.inTransaction((tx) => createSession(tx, { providerId, audience: "admin", userId, now }));
  const [mine, other] = [await open(), await open()];
  const values = { password: "another horse battery" };
  await updateProviderUser(pool, passwords, { provider, userId, values, keptSession: mine.cookieValue, by });
  const find = ({ cookieValue }: { cookieValue: string }) =>
    findSession(pool, { providerId, audience: "admin", cookieValue, now });
  expect([await find(mine), await find(other)]).toMatchObject([{ userId }, undefined]);
  expect(await signInProviderUser(pool, passwords, { providerId, login: "admin", ...values })).toBeDefined();
});

test("an access token with invalid properties is refused", async ({ sharedPool: pool }) => {
  const { provider } = await setUp(pool);
  const [{ id: userId } = { id: 0 }] = await listProviderUsers(pool, provider.id);
  const input = {
    providerId: provider.id,
    userId,
    name: " ",
    scopes: ["all"],
    permission: "all",
    expiresAt: now,
    requester,
    proof,
    by,
  };
  expect(await issueAccessToken(pool, passwords, input)).toEqual({
    refused: {
      name: ["can't be blank"],
      scopes: ["is invalid"],
      permission: ["is not included in the list"],
      expires_at: ["must be in the future"],
    },
  });
});

test("settings apply to the next sign-up, and an error changes none of them", async ({ sharedPool: pool }) => {
  const { provider } = await setUp(pool);
  const providerId = provider.id;
  const change = (each: Parameters<typeof updateProviderSettings>[1]["change"]) =>
    updateProviderSettings(pool, { providerId, change: each, by });
  expect(
    await change({ accountApprovalRequired: true, fromEmail: "hello@acme.example", timeZone: "Europe/Oslo" }),
  ).toMatchObject({
    settings: { accountApprovalRequired: true, signupsEnabled: true },
  });
  const values = { ...form, password_confirmation: undefined };
  expect(await signUpAccount(pool, passwords, { provider, values, by: byToken, now })).toMatchObject({
    details: { account: { state: "created" } },
  });
  const wrong = { name: "\u200b", passwordLengthMin: 3, timeZone: "Mars/Olympus", signupsEnabled: false };
  expect(await change(wrong)).toMatchObject({
    refused: {
      name: ["must have 1 to 255 characters, and no control characters"],
      password_length_min: ["must be a whole number from 8 to 100"],
      time_zone: ["is not a time zone; name one as in Europe/Oslo, or UTC"],
    },
  });
  const settings = await readProviderSettings(pool, providerId);
  expect(settings).toMatchObject({ timeZone: "Europe/Oslo", passwordLengthMin: 12, signupsEnabled: true });
  await change({ signupsEnabled: false });
  expect(
    await signUpIsOpen(pool, {
      ...provider,
      signupsEnabled: (await readProviderSettings(pool, providerId)).signupsEnabled,
    }),
  ).toBe(false);
  expect(await auditOf(pool, providerId)).toHaveLength(2);
});
