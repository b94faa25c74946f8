import { expect } from "vitest";
import type { Transaction } from "#platform/database/database.ts";
import { secretDigest } from "#platform/ids.ts";
import { diskLimits } from "#platform/limits.ts";
import { buildProvider } from "../../test/support/build-webhooks.ts";
import { test } from "../../test/support/test.ts";
import {
  type Audience,
  createSession,
  deleteExpiredSessions,
  endOtherSessions,
  endOwnSession,
  endSession,
  endSessionsOfUsers,
  findSession,
  isUseDue,
  listSessions,
  recordSessionUse,
} from "./credentials.ts";

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

test("two processes delete expired sessions at the same time without waiting for each other", async ({
  sharedPool: pool,
}) => {
  const signIn = { providerId: await buildProvider(pool), audience: "developer", userId: 7 } as const;
  const { cookieValue } = await pool.inTransaction((tx) => createSession(tx, { ...signIn, now }));
  const later = hoursLater(15 * 24);
  await pool.inTransaction(async (tx) => {
    expect(await deleteExpiredSessions(tx, later)).toBeGreaterThan(0);
    expect(await deleteExpiredSessions(pool, later)).toBe(0);
  });
  expect(await findSession(pool, { ...signIn, cookieValue, now })).toBeUndefined();
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

test("expired sessions are deleted with their addresses, and others are not", async ({ tx }) => {
  const { providerId, open } = await openProvider(tx);
  await open("admin", 7);
  await open("developer", 7);
  await deleteExpiredSessions(tx, hoursLater(11.9));
  expect(await tx.query("select from sessions where provider_id = $1", [providerId])).toHaveLength(2);
  await deleteExpiredSessions(tx, hoursLater(12));
  expect(await tx.query("select audience from sessions where provider_id = $1", [providerId])).toEqual([
    { audience: "developer" },
  ]);
});

const minutesLater = (minutes: number): Date => hoursLater(minutes / 60);
const home = { browser: "Firefox", operatingSystem: "Windows", address: "203.0.113.7" };
const train = { browser: "Chrome", operatingSystem: "Android", address: "2001:db8::1" };

test("the use of a session is recorded every five minutes, with the place of the last use", async ({ tx }) => {
  const { providerId, open, find } = await openProvider(tx);
  const { cookieValue } = await open("admin", 7);
  const read = async () => {
    const [listed] = await listSessions(tx, { providerId, audience: "admin", userIds: [7], now });
    return listed;
  };
  const use = (minutes: number, place = train) =>
    recordSessionUse(tx, { cookieValue, now: minutesLater(minutes), ...place });
  expect(await read()).toMatchObject({ lastUsedAt: now, browser: null, operatingSystem: null, address: null });

  for (const [minutes, isDue] of [
    [4.9, false],
    [5, true],
  ] as const) {
    const session = await find("admin", cookieValue);
    expect(session && isUseDue(session, minutesLater(minutes))).toBe(isDue);
  }
  await use(4.9);
  expect(await read()).toMatchObject({ lastUsedAt: now, address: null });
  await use(5);
  await use(6, home); // a request at the same time, which had read the session before
  expect(await read()).toMatchObject({ ...train, lastUsedAt: minutesLater(5) });
  await use(10, home);
  expect(await read()).toMatchObject({ ...home, lastUsedAt: minutesLater(10) });
});

test("the use of a session of an earlier version is recorded at once", async ({ tx }) => {
  const { providerId, open, find } = await openProvider(tx);
  const { cookieValue } = await open("developer", 7);
  await tx.query("update sessions set last_used_at = null where provider_id = $1", [providerId]);
  const session = await find("developer", cookieValue);
  expect(session && isUseDue(session, now)).toBe(true);
  await recordSessionUse(tx, { cookieValue, now, ...home });
  expect((await find("developer", cookieValue))?.lastUsedAt).toEqual(now);
});

test("an expired session is not listed, and the id of a session is neither its cookie nor its digest", async ({
  tx,
}) => {
  const { providerId, open } = await openProvider(tx);
  const { cookieValue, csrfToken } = await open("admin", 7);
  const list = (at: Date) => listSessions(tx, { providerId, audience: "admin", userIds: [7], now: at });
  const [{ id } = { id: "" }] = await list(now);
  expect(id).toMatch(/^[0-9a-f]{32}$/);
  for (const secret of [cookieValue, csrfToken, secretDigest(cookieValue).toString("hex")]) {
    expect(secret).not.toContain(id);
  }
  expect(await list(hoursLater(12))).toEqual([]);
});

test("a user lists and ends only own sessions of one portal, and keeps the present one when ending all others", async ({
  sharedPool: pool,
}) => {
  const providerId = await buildProvider(pool);
  const open = (of: { providerId?: number; audience?: Audience; userId?: number; minutes?: number }) =>
    pool.inTransaction((tx) =>
      createSession(tx, { providerId, audience: "admin", userId: 7, now: minutesLater(of.minutes ?? 0), ...of }),
    );
  const here = await open({});
  await open({ minutes: 1 });
  await open({ minutes: 2 });
  const foreign = {
    colleague: { userId: 8 },
    portal: { audience: "developer" },
    provider: { providerId: await buildProvider(pool) },
  } as const;
  for (const each of Object.values(foreign)) await open(each);
  const own = { providerId, audience: "admin", userId: 7, actor: { kind: "admin", userId: 7 } } as const;
  const list = (of: object = {}) =>
    listSessions(pool, { ...own, userIds: [7], now, cookieValue: here.cookieValue, ...of });

  const [first, second] = await list();
  expect((await list()).map(({ isCurrent, createdAt }) => [isCurrent, createdAt])).toEqual([
    [true, now],
    [false, minutesLater(2)],
    [false, minutesLater(1)],
  ]);
  for (const { userId, ...of } of [
    { userId: 8 },
    { userId: 7, ...foreign.portal },
    { userId: 7, ...foreign.provider },
  ]) {
    const [{ id } = { id: "" }] = await list({ userIds: [userId], ...of });
    expect(await endOwnSession(pool, own, id)).toBe(false);
    expect(await list({ userIds: [userId], ...of })).toHaveLength(1);
  }
  expect(await endOwnSession(pool, own, second?.id ?? "")).toBe(true);
  expect(await endOwnSession(pool, own, second?.id ?? "")).toBe(false);
  expect(await endOtherSessions(pool, own, here.cookieValue)).toBe(1);
  expect((await list()).map(({ id }) => id)).toEqual([first?.id]);
  expect(await endOtherSessions(pool, own, here.cookieValue)).toBe(0);
  for (const { userId, ...of } of [
    { userId: 8 },
    { userId: 7, ...foreign.portal },
    { userId: 7, ...foreign.provider },
  ]) {
    expect(await list({ userIds: [userId], ...of })).toHaveLength(1);
  }
  const records = "select action, subject, actor_id, detail from audit_records where provider_id = $1 order by id";
  const subject = "provider-user/7";
  expect(await pool.query(records, [providerId])).toEqual([
    { action: "session.ended", subject, actorId: 7, detail: {} },
    { action: "sessions.ended", subject, actorId: 7, detail: { count: 1 } },
  ]);
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
