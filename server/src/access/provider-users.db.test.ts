import { expect } from "vitest";
import type { Transaction } from "#platform/database/database.ts";
import { test } from "../../test/support/test.ts";
import { changeProviderUserPassword, createProviderUser, signInProviderUser } from "./provider-users.ts";
import { createSession, findSession } from "./sessions.ts";
import { passwords } from "../../test/support/passwords.ts";

const password = "correct horse battery";
const now = new Date("2026-02-03T04:05:06Z");

test("a user signs in by name or email, in any case, and the hash stays behind", async ({ tx }) => {
  const { mia, signIn } = await openProvider(tx);
  expect(await signIn("MIA", password)).toEqual(mia);
  expect(await signIn("mia@Wheat.example", password)).toEqual(mia);
  expect(Object.keys(mia)).not.toContain("passwordHash");
});

test("who has another's address as a name, and that other, each sign in with the password of their own", async ({
  tx,
}) => {
  const { providerId, mia, signIn } = await openProvider(tx);
  const passwordHash = await passwords.hash("another one, longer", { providerId: 1 });
  const max = await createProviderUser(tx, { providerId, username: "mia@wheat.example", passwordHash, role: "member" });
  expect(await signIn("mia@wheat.example", password)).toEqual(mia);
  expect(await signIn("mia@wheat.example", "another one, longer")).toEqual(max);
});

test.for([
  ["a wrong password", "mia", "correct horse batterY"],
  ["an unknown name", "max", password],
  ["nothing at all", "", ""],
  ["a name that no text can be", "mia\0", password],
] as const)("%s signs nobody in", async ([, login, enteredPassword], { tx }) => {
  const { signIn } = await openProvider(tx);
  expect(await signIn(login, enteredPassword)).toBeUndefined();
});

test("somebody suspended does not sign in", async ({ tx }) => {
  const { providerId, signIn } = await openProvider(tx);
  await tx.query("update provider_users set state = 'suspended' where provider_id = $1", [providerId]);
  expect(await signIn("mia", password)).toBeUndefined();
});

test("one provider's user is unknown to another", async ({ tx }) => {
  const { mia } = await openProvider(tx);
  const { signIn, mia: namesake } = await openProvider(tx);
  expect(await signIn("mia", password)).toEqual(namesake);
  expect(namesake.id).not.toBe(mia.id);
});

test("a new password ends every session that the old one opened", async ({ tx }) => {
  const { providerId, mia, signIn } = await openProvider(tx);
  const { cookieValue } = await createSession(tx, { providerId, audience: "admin", userId: mia.id, now });

  await changeProviderUserPassword(tx, {
    providerId,
    userId: mia.id,
    passwordHash: await passwords.hash("another one, longer", { providerId: 1 }),
  });

  expect(await findSession(tx, { providerId, audience: "admin", cookieValue, now })).toBeUndefined();
  expect(await signIn("mia", password)).toBeUndefined();
  expect(await signIn("mia", "another one, longer")).toMatchObject({ id: mia.id });
});

let providers = 0;

async function openProvider(tx: Transaction) {
  providers += 1;
  const providerId = 700 + providers;
  await tx.query(
    "insert into providers (id, name, subdomain, provider_key_digest) values ($1, $2, $2, convert_to($2, 'UTF8'))",
    [providerId, `sign-in-${providerId}`],
  );
  const mia = await createProviderUser(tx, {
    providerId,
    username: "mia",
    email: "mia@wheat.example",
    passwordHash: await passwords.hash(password, { providerId: 1 }),
    role: "admin",
  });
  return {
    providerId,
    mia,
    signIn: async (login: string, enteredPassword: string) =>
      (await signInProviderUser(tx, passwords, { providerId, login, password: enteredPassword }))?.user,
  };
}
