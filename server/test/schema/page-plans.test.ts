import { expect } from "vitest";
import { listAuditRecords } from "#access/index.ts";
import { listAlerts } from "#alerts/index.ts";
import { listErasures } from "#personal-data/index.ts";
import type { Database, Pool } from "#platform/database/database.ts";
import { listMails } from "#portal/mails/index.ts";
import { addComingDays, countFailuresByError, findFailures } from "#webhooks/deliveries/index.ts";
import { listObjectEvents, readTraces } from "#webhooks/events/index.ts";
import { listJobs } from "#webhooks/jobs/index.ts";
import { listReplays } from "#webhooks/replays/index.ts";
import { buildEndpoint, buildProvider, encryption } from "../support/build-webhooks.ts";
import { test } from "../support/test.ts";
import { openPlanner, recordStatements } from "./read-plan.ts";

const rows = 3_000;
const limit = 50;

/** Rows with the ids 1 to `rows`. $2 is an endpoint. */
const fill = [
  `insert into audit_records (provider_id, id, actor_kind, action, subject)
   select $1, number, 'system', 'endpoint.changed', 'endpoint/' || $2::bigint from generate_series(1, ${rows}) number`,
  `insert into mails (provider_id, id, recipient, subject, text)
   select $1, number, 'user' || number || '@fjord.example', 'Mail', $2::bigint::text from generate_series(1, ${rows}) number`,
  `insert into jobs (provider_id, id, kind, subject, selection, endpoint_id, actor_kind, state, finished_at)
   select $1, number, 'retry', 'failures', '{}', $2, 'system', 'done', now() from generate_series(1, ${rows}) number`,
  `insert into replays (provider_id, id, endpoint_id, since, until, kind, last_event, state, finished_at)
   select $1, number, $2, now(), now(), 'all', uuidv7(), 'done', now() from generate_series(1, ${rows}) number`,
  `insert into alerts (provider_id, id, endpoint_id, kind, state, since, sentence)
   select $1, number, $2, 'disabled', 'closed', now(), 'It is disabled.' from generate_series(1, ${rows}) number`,
  `insert into erasures (provider_id, id, account_id, pending, step, actor_kind, created_at, work_at, finished_at)
   select $1, number, number, 'cancel', 'done', 'system', now(), now(), now() from generate_series(1, ${rows}) number
   where $2::bigint is not null`,
];

/** Inserts the events of an account, its own and those of a user, on several days. */
const fillEvents = `
  insert into events (provider_id, id, type, action, object_id, account_id, account_name, sequence, actor_kind, channel, occurred_at,
    document, renderer_version)
  select $1, overlay(uuid_v7_floor(now() + make_interval(days => number / 1000))::text placing lpad(number::text, 12, '0') from 25)::uuid,
    case when number % 2 = 0 then 'account.updated' else 'user.updated' end, 'updated', 7 + number % 2, 7, 'Fjord', number, 'system',
    'system', now(), '{}', 1
  from generate_series(1, ${rows}) number`;

/** Failures of the events, which are in the order of their ids. */
const fillFailures = `
  insert into failures (provider_id, endpoint_id, event_id, error, url, failed_at)
  select $1, endpoint.id, event.id, 'Answered 500', '', now() - interval '2 hours' + make_interval(secs => sequence)
  from events event, endpoints endpoint where event.provider_id = $1 and endpoint.provider_id = $1`;

async function fillProvider(pool: Pool): Promise<number> {
  await addComingDays(pool);
  const providerId = await buildProvider(pool);
  const endpointId = await buildEndpoint(pool, { providerId, url: "http://127.0.0.1:9/" });
  for (const statement of fill) await pool.query(statement, [providerId, endpointId]);
  await pool.query(fillEvents, [providerId]);
  return providerId;
}

/** The lists whose pages follow ids, from the page after this row on. */
const lists: readonly [name: string, list: (db: Database, providerId: number, before: number) => Promise<unknown>][] = [
  ["audit records", async (db, id, before) => (await listAuditRecords(db, id, { before, limit })).rows],
  ["mails", async (db, id, before) => (await listMails(db, id, { before, limit })).rows],
  ["jobs", (db, providerId, beforeId) => listJobs(db, { providerId, beforeId, limit })],
  ["replays", (db, providerId, beforeId) => listReplays(db, { providerId, beforeId, limit })],
  ["alerts", (db, providerId, before) => listAlerts(db, { providerId, before, limit })],
  ["erasures", (db, providerId, beforeId) => listErasures(db, { providerId, beforeId, limit })],
];

test(
  "the last page of a list reads no row of the pages before it",
  { timeout: 120_000 },
  async ({ database, databaseUrl }) => {
    const providerId = await fillProvider(database);
    const read: { readonly name: string; readonly mode: string; readonly most: number }[] = [];
    for (const mode of ["force_custom_plan", "force_generic_plan"]) {
      await using planner = await openPlanner(databaseUrl, mode);
      for (const [name, list] of lists) {
        const { recording, statements } = recordStatements(database);
        expect(await list(recording, providerId, limit + 1)).toHaveLength(limit);
        for (const { text, values } of statements)
          read.push({ name, mode, most: await planner.mostRowsOf(text, values) });
      }
    }
    expect(read.filter(({ most }) => most > limit * 2)).toEqual([]);
  },
);

test(
  "a part of a search in audit records, mails or failures reads no row of other parts",
  { timeout: 120_000 },
  async ({ database, databaseUrl }) => {
    const providerId = await fillProvider(database);
    await database.query(fillFailures, [providerId]);
    const { recording, statements } = recordStatements(database);
    const [endpoint] = await database.query<{ id: number }>("select id from endpoints where provider_id = $1", [
      providerId,
    ]);
    for (const endpointIds of [undefined, [endpoint?.id ?? 0]]) {
      const criteria = { providerId, endpointIds, words: ["nowhere"] };
      for (const order of ["oldest", "newest"] as const)
        expect((await findFailures(recording, encryption, criteria, { order, limit })).rows).toEqual([]);
      expect((await countFailuresByError(recording, criteria)).totals).toEqual([]);
    }
    expect(statements).toHaveLength(6 * 5); // the horizon, and two for each of two parts
    expect((await listAuditRecords(recording, providerId, { words: ["nowhere"], limit })).rows).toEqual([]);
    expect((await listMails(recording, providerId, { words: ["nowhere"], limit })).rows).toEqual([]);
    await using planner = await openPlanner(databaseUrl, "force_generic_plan");
    const most: number[] = [];
    for (const { text, values } of statements) most.push(await planner.mostRowsOf(text, values));
    // Two parts of each list, of 2,000 rows and the rest.
    expect(statements).toHaveLength(6 * 5 + 8);
    expect(Math.max(...most)).toBeLessThanOrEqual(2_000);
  },
);

test(
  "the last page of a history reads no event of the pages before it",
  { timeout: 120_000 },
  async ({ database, databaseUrl }) => {
    const providerId = await fillProvider(database);
    const [last] = await database.query<{ id: string }>(
      "select id from events where provider_id = $1 order by id limit 1 offset $2",
      [providerId, limit * 2],
    );
    const page = { providerId, after: last?.id, limit };
    const { recording, statements } = recordStatements(database);
    expect(
      await listObjectEvents(recording, { ...page, id: 7, kinds: ["account"], isWholeAccount: false }),
    ).toHaveLength(limit);
    expect(
      await listObjectEvents(recording, { ...page, id: 7, kinds: ["account", "user"], isWholeAccount: true }),
    ).toHaveLength(limit);
    for (const mode of ["force_custom_plan", "force_generic_plan"]) {
      await using planner = await openPlanner(databaseUrl, mode);
      for (const { text, values } of statements)
        expect(await planner.mostRowsOf(text, values)).toBeLessThanOrEqual(limit * 2);
    }
  },
);

test("a list without prior versions of its events does not look them up", async ({ database, databaseUrl }) => {
  const providerId = await fillProvider(database);
  const { recording, statements } = recordStatements(database);
  const filter = { providerId, id: 7, kinds: ["account", "user"], isWholeAccount: true, limit };
  for (const withPrior of [true, false]) {
    expect(await listObjectEvents(recording, { ...filter, withPrior })).toHaveLength(limit);
  }
  await using planner = await openPlanner(databaseUrl, "force_generic_plan");
  const read: number[] = [];
  for (const { text, values } of statements) {
    read.push((await planner.scansOf(text, values)).reduce((sum, scan) => sum + scan.rows, 0));
  }
  const [withAll = 0, without] = read;
  expect(without).toBe(withAll - limit);
});

test("the names in an account's events are read without the payloads", async ({ database, databaseUrl }) => {
  const providerId = await fillProvider(database);
  const { recording, statements } = recordStatements(database);
  const { userIds } = await readTraces(recording, { providerId, accountId: 7, userId: null });
  expect(userIds).toEqual([8]);
  expect(statements).toHaveLength(16);
  await using planner = await openPlanner(databaseUrl, "force_generic_plan");
  for (const { text, values } of statements.slice(-2)) {
    const tables = (await planner.scansOf(text, values)).map(({ table }) => table);
    expect(new Set(tables)).toEqual(new Set(["events", "providers"]));
  }
});
