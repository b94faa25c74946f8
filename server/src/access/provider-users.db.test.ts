import { expect } from "vitest";
import type { Transaction } from "#platform/database/database.ts";
import { test } from "../../test/support/test.ts";
import { changeProviderUserPassword, createProviderUser, signInProviderUser } from "./provider-users.ts";
import { createSession, findSession } from "./credentials.ts";
import { passwords } from "../../test/support/passwords.ts";

const password = "correct horse battery";
const now = new Date("2026-02-03T04:05:06Z");

test("a user signs in by name or email, regardless of case, and the result contains no password hash", async ({
  tx,
}) => {
  const { mia, signIn } = await openProvider(tx);
  expect(await signIn("MIA", password)).toEqual(mia);
  expect(await signIn("mia@Wheat.example", password)).toEqual(mia);
  expect(Object.keys(mia)).not.toContain("passwordHash");
});

test("two users with the same login text, as name and as email, sign in with their own passwords", async ({ tx }) => {
  const { providerId, mia, signIn } = await openProvider(tx);
  const passwordHash = await passwords.hash("another one, longer", { providerId: 1 });
  const max = await createProviderUser(tx, { providerId, username: "mia@wheat.example", passwordHash, role: "member" });
  expect(await signIn("mia@wheat.example", password)).toEqual(mia);
  expect(await signIn("mia@wheat.example", "another one, longer")).toEqual(max);

  const byMia = (login: string) => signInProviderUser(tx, passwords, { providerId, login, password });
  expect(await byMia("mia@wheat.example")).toMatchObject({ isAmbiguous: true });
  expect(await byMia("mia")).toMatchObject({ isAmbiguous: false });
});

test.for([
  ["a wrong password", "mia", "correct horse batterY"],
  ["an unknown name", "max", password],
  ["an empty login", "", ""],
  ["a name with a NUL character", "mia\0", password],
] as const)("a sign-in with %s is refused", async ([, login, enteredPassword], { tx }) => {
  const { signIn } = await openProvider(tx);
  expect(await signIn(login, enteredPassword)).toBeUndefined();
});

test("users of two providers with the same name are separate", async ({ tx }) => {
  const { mia } = await openProvider(tx);
  const { signIn, mia: namesake } = await openProvider(tx);
  expect(await signIn("mia", password)).toEqual(namesake);
  expect(namesake.id).not.toBe(mia.id);
});

test("a password change ends the user's sessions and invalidates the old password", async ({ tx }) => {
  const { providerId, mia, signIn } = await openProvider(tx);
  const { cookieValue } = await createSession(tx, { providerId, audience: "admin", userId: mia.id, now });
  const passwordHash = await passwords.hash(password, { providerId: 1 });
  const max = await createProviderUser(tx, { providerId, username: "max", passwordHash, role: "member" });

  await changeProviderUserPassword(tx, {
    providerId,
    userId: mia.id,
    passwordHash: await passwords.hash("another one, longer", { providerId: 1 }),
  });

  expect(await findSession(tx, { providerId, audience: "admin", cookieValue, now })).toBeUndefined();
  expect(await signIn("mia", password)).toBeUndefined();
  expect(await signIn("mia", "another one, longer")).toMatchObject({ id: mia.id });
  expect(await signIn("max", password)).toEqual(max);
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
