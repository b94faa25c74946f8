import { expect } from "vitest";
import type { Transaction } from "#platform/database/database.ts";
import { diskLimits } from "#platform/limits.ts";
import { buildProvider } from "../../test/support/build-webhooks.ts";
import { test } from "../../test/support/test.ts";
import { type Audience, createSession, endSession, endSessionsOfUsers, findSession } from "./credentials.ts";

const now = new Date("2026-02-03T04:05:06Z");
const hoursLater = (hours: number): Date => new Date(now.getTime() + hours * 3_600_000);

test("a session is found by its cookie value in its portal only, and the database stores only its digest", async ({
  tx,
}) => {
  const { open, find } = await openProvider(tx);
  const { cookieValue, csrfToken } = await open("developer", 7);

  expect(cookieValue).toMatch(/^[0-9a-f]{64}$/);
  expect(await find("developer", cookieValue)).toMatchObject({ userId: 7, csrfToken });
  expect(await find("admin", cookieValue)).toBeUndefined();
  expect(JSON.stringify(await tx.query("select encode(digest, 'hex') from sessions"))).not.toContain(cookieValue);
});

test("a sign-in does not wait for another one that deletes the same expired sessions", async ({ sharedPool: pool }) => {
  const signIn = { providerId: await buildProvider(pool), audience: "developer", userId: 7 } as const;
  await pool.inTransaction((tx) => createSession(tx, { ...signIn, now }));
  const later = { ...signIn, now: hoursLater(15 * 24) };
  await pool.inTransaction(async (tx) => {
    await createSession(tx, later);
    await pool.inTransaction((other) => createSession(other, later));
  });
});

test("a session of one provider is not valid at another", async ({ tx }) => {
  const { cookieValue } = await (await openProvider(tx)).open("admin", 7);
  expect(await (await openProvider(tx)).find("admin", cookieValue)).toBeUndefined();
});

test("an admin's session ends after 12 hours, a developer's after 14 days", async ({ tx }) => {
  const { open, find } = await openProvider(tx);
  const admin = await open("admin", 7);
  const developer = await open("developer", 7);
  expect(await find("admin", admin.cookieValue, hoursLater(11.9))).toBeDefined();
  expect(await find("admin", admin.cookieValue, hoursLater(12))).toBeUndefined();
  expect(await find("developer", developer.cookieValue, hoursLater(14 * 24 - 0.1))).toBeDefined();
  expect(await find("developer", developer.cookieValue, hoursLater(14 * 24))).toBeUndefined();
});

test("an ended session is not found, and the user's other sessions are", async ({ tx }) => {
  const { open, find } = await openProvider(tx);
  const [{ cookieValue }, other] = [await open("developer", 7), await open("developer", 7)];
  await endSession(tx, cookieValue);
  expect(await find("developer", cookieValue)).toBeUndefined();
  expect(await find("developer", other.cookieValue)).toBeDefined();
});

test("ending the sessions of users in one portal ends no other sessions", async ({ tx }) => {
  const { providerId, open, find } = await openProvider(tx);
  const [one, other, third, admin, bob] = [
    await open("developer", 7),
    await open("developer", 7),
    await open("developer", 9),
    await open("admin", 7),
    await open("developer", 8),
  ];

  await endSessionsOfUsers(tx, { providerId, audience: "developer", userIds: [7, 9] });

  for (const { cookieValue } of [one, other, third]) expect(await find("developer", cookieValue)).toBeUndefined();
  expect(await find("admin", admin.cookieValue)).toBeDefined();
  expect(await find("developer", bob.cookieValue)).toBeDefined();
});

test("a new session deletes the expired ones", async ({ tx }) => {
  const { providerId, open } = await openProvider(tx);
  await open("admin", 7);
  await createSession(tx, { providerId, audience: "admin", userId: 7, now: hoursLater(13) });
  expect(await tx.query("select from sessions where provider_id = $1", [providerId])).toHaveLength(1);
});

test("a user has a hundred sessions in each portal, and a sign-in ends the oldest beyond it", async ({ tx }) => {
  const { providerId, open, find } = await openProvider(tx);
  const { max } = diskLimits.sessions;
  const signIn = { providerId, audience: "developer", userId: 7 } as const;
  const others = [await open("admin", 7), await open("developer", 8)];
  const cookies: string[] = [];
  for (let count = 0; count <= max; count += 1) {
    const { cookieValue } = await createSession(tx, { ...signIn, now: new Date(now.getTime() + count) });
    cookies.push(cookieValue);
  }
  const [first = "", second = ""] = cookies;
  expect(await find("developer", first)).toBeUndefined();
  expect(await find("developer", second)).toBeDefined();
  expect(await tx.query("select from sessions where provider_id = $1", [providerId])).toHaveLength(max + others.length);
});

let providers = 0;

async function openProvider(tx: Transaction) {
  providers += 1;
  const providerId = 500 + providers;
  await tx.query(
    "insert into providers (id, name, subdomain, provider_key_digest) values ($1, $2, $2, convert_to($2, 'UTF8'))",
    [providerId, `sessions-${providerId}`],
  );
  return {
    providerId,
    open: (audience: Audience, userId: number) => createSession(tx, { providerId, audience, userId, now }),
    find: (audience: Audience, cookieValue: string, at = now) =>
      findSession(tx, { providerId, audience, cookieValue, now: at }),
  };
}
