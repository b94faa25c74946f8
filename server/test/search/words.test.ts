import { expect, onTestFinished } from "vitest";
import type { Database } from "#platform/database/database.ts";
import { listAuditRecords } from "#access/index.ts";
import { deadlineAfter, systemClock } from "#platform/clock.ts";
import { listMails } from "#portal/mails/index.ts";
import {
  addComingDays,
  countFailuresByError,
  type FailureKey,
  findFailures,
  selectFailures,
} from "#webhooks/deliveries/index.ts";
import { createBellwireApi, openBellwireApi } from "../bellwire-api/bellwire-api-test.ts";
import { setUp } from "../portal/portal-fixture.ts";
import { fail } from "../support/build-failures.ts";
import { anEvent, buildEndpoint, buildProvider, encryption, recordNow } from "../support/build-webhooks.ts";
import { test } from "../support/test.ts";

const total = 4500;

/** Records the rows that each statement of a list returned. */
function watched(database: Database): { readonly db: Database; readonly counts: number[] } {
  const counts: number[] = [];
  const query: Database["query"] = async <Row>(text: string, values?: readonly unknown[]) => {
    const rows = await database.query<Row>(text, values);
    if (text.includes("as written")) counts.push(rows.length);
    return rows;
  };
  return { db: { ...database, query }, counts };
}

test("a search for words reads the audit log in parts, and finds each record once, newest first", async ({
  sharedPool: pool,
}) => {
  const { provider } = await setUp(pool);
  await pool.query(
    `insert into audit_records (provider_id, id, actor_kind, action, subject)
     select $1, number, 'system', 'plan.changed', 'plan/' || number from generate_series(1, $2::integer) number`,
    [provider.id, total],
  );
  const { db, counts } = watched(pool);
  const found = (await listAuditRecords(db, provider.id, { words: ["CHANGED", "plan"], limit: 10_000 })).rows;
  expect(found.map(({ subject }) => subject)).toEqual(Array.from({ length: total }, (_, at) => `plan/${total - at}`));
  expect(counts).toEqual([2000, 2000, 500]);

  const page = { words: ["plan"], before: 2600, limit: 2100 };
  const next = (await listAuditRecords(db, provider.id, page)).rows;
  expect([next.length, next[0]?.subject, next.at(-1)?.subject]).toEqual([2100, "plan/2599", "plan/500"]);
  expect((await listAuditRecords(db, provider.id, { words: ["plan", "plan/7 ", "none"], limit: 5 })).rows).toEqual([]);
});

test("a search of the audit log ends when its time is over, and its next page continues", async ({
  sharedPool: pool,
  clock,
}) => {
  const { provider } = await setUp(pool);
  await pool.query(
    `insert into audit_records (provider_id, id, at, actor_kind, action, subject)
     select $1, number, '2026-02-03T04:05:06Z'::timestamptz + make_interval(secs => number), 'system', 'plan.changed', 'plan/' || number
     from generate_series(1, $2::integer) number`,
    [provider.id, total],
  );
  const isOver = deadlineAfter(clock, 1000);
  const full = await listAuditRecords(pool, provider.id, { words: ["plan/7"], limit: 5, isOver });
  expect([full.rows.map(({ id }) => id), full.next]).toEqual([[799, 798, 797, 796, 795], 795]);
  await clock.advance(1000);
  const end = { next: 2501, searchedUntil: new Date("2026-02-03T04:46:47Z") };
  const page = { words: ["plan/7 "], limit: 5, isOver };
  expect(await listAuditRecords(pool, provider.id, page)).toEqual({ rows: [], ...end });
  const next = await listAuditRecords(pool, provider.id, { ...page, before: 501 });
  expect(next).toMatchObject({ rows: [{ subject: "plan/7" }], next: null, searchedUntil: null });
});

/** Adds $2 failures of other events, a second apart, of which the first was two hours ago. */
const otherFailures = `
  with event as (
    insert into events (provider_id, id, type, action, object_id, account_id, account_name, sequence, actor_kind, channel, occurred_at,
      document, renderer_version)
    select $1, uuidv7(), 'user.created', 'created', number, 7, 'Fjord', number, 'system', 'system', now(), '{}', 1
    from generate_series(1, $2::integer) number
    returning id, sequence
  )
  insert into failures (provider_id, endpoint_id, event_id, error, url, failed_at)
  select $1, $3, id, 'Answered 500', '', now() - interval '2 hours' + make_interval(secs => sequence) from event`;

test("a search of failures compares them in parts, ends when its time is over, and misses and repeats none", async ({
  database,
  clock,
}) => {
  const providerId = await buildProvider(database);
  await addComingDays(database);
  const endpointId = await buildEndpoint(database, { providerId, url: "" });
  const sought = await recordNow(
    database,
    { providerId },
    Array.from({ length: 4 }, () => anEvent({ accountName: "Harbour" })),
  );
  await fail(database, providerId, "an hour ago");
  for (const [at, eventId] of sought.entries()) {
    const place =
      "update failures set failed_at = now() - interval '2 hours' + make_interval(secs => $2) where event_id = $1";
    await database.query(place, [eventId, 0.5 + (at * total) / 4]);
  }
  await database.query(otherFailures, [providerId, total, endpointId]);
  const criteria = { providerId, words: ["harbour"] };
  const slow: Database = {
    ...database,
    query: async (text, values) => {
      if (text.includes("offset $9")) await clock.advance(1000);
      return database.query(text, values);
    },
  };
  for (const order of ["oldest", "newest"] as const) {
    const inOrder = order === "oldest" ? sought : sought.toReversed();
    const whole = await findFailures(database, encryption, criteria, { order, limit: 50 });
    expect(whole.rows.map(({ eventId }) => eventId)).toEqual(inOrder);
    expect(whole).toMatchObject({ next: null, searchedUntil: null });

    const found: string[] = [];
    const pages: number[] = [];
    for (let after: FailureKey | undefined; ;) {
      const isOver = deadlineAfter(clock, 1000);
      const page = await findFailures(slow, encryption, criteria, { order, after, limit: 50, isOver });
      found.push(...page.rows.map(({ eventId }) => eventId));
      pages.push(page.rows.length);
      expect(page.searchedUntil).toEqual(page.next?.failedAt ?? null);
      if (!page.next) break;
      after = page.next;
    }
    expect(found).toEqual(inOrder);
    expect(pages).toHaveLength(3);
  }
  const counted = await countFailuresByError(database, criteria);
  expect([counted.totals.reduce((sum, { count }) => sum + count, 0), counted.hasMore]).toEqual([4, false]);
  expect(await countFailuresByError(slow, criteria, deadlineAfter(clock, 1000))).toMatchObject({ hasMore: true });
  const selected: string[] = [];
  for await (const keys of selectFailures(database, criteria)) selected.push(...keys.map(({ eventId }) => eventId));
  expect(selected).toEqual(sought.toReversed());
});

test("the API ends a search for words, and a count, when its time is over", async ({ database, clock }) => {
  let elapsedMs = 0;
  const fast = { ...systemClock, monotonicMs: () => (elapsedMs += 1000) };
  const opened = openBellwireApi(database, fast);
  onTestFinished(opened.close);
  const api = await createBellwireApi(database, opened.http, clock.now());
  const providerId = api.provider.id;
  await addComingDays(database);
  const endpointId = await buildEndpoint(database, { providerId, url: "" });
  await database.query(otherFailures, [providerId, total, endpointId]);
  for (const insert of [
    `insert into audit_records (provider_id, actor_kind, action, subject)
     select $1, 'system', 'plan.changed', 'plan/' || number from generate_series(1, $2::integer) number`,
    `insert into mails (provider_id, recipient, subject, text, due_at)
     select $1, 'mira' || number || '@fjord.example', 'Welcome', '', now() from generate_series(1, $2::integer) number`,
  ])
    await database.query(insert, [providerId, total]);
  for (const list of ["failures", "audit_records", "mails"]) {
    const page = (await api.call("GET", `/${list}?q=nowhere`)).json();
    expect(page, list).toEqual({ data: [], next: expect.any(String), searched_until: expect.any(String) });
  }
  expect((await api.call("GET", "/failures/count?q=nowhere")).json()).toEqual({ count: 0, muted: 0, has_more: true });
});

test("a search for words reads the outbox in parts", async ({ sharedPool: pool }) => {
  const { provider } = await setUp(pool);
  await pool.query(
    `insert into mails (provider_id, recipient, subject, text, due_at)
     select $1, 'mira' || number || '@fjord.example', 'Welcome', '', now() from generate_series(1, $2::integer) number`,
    [provider.id, total],
  );
  const { db, counts } = watched(pool);
  expect((await listMails(db, provider.id, { words: ["WELCOME", "mira1@"], limit: 50 })).rows).toHaveLength(1);
  expect(counts.length).toBe(3);
});
