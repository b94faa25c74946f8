import { expect } from "vitest";
import { deleteOldAuditRecords, exportAuditRecords } from "#access/index.ts";
import type { Database, Pool } from "#platform/database/database.ts";
import { workOnErasure } from "#personal-data/index.ts";
import { addComingDays } from "#webhooks/deliveries/index.ts";
import { anEvent, buildEndpoint, buildProvider, recordNow } from "../support/build-webhooks.ts";
import { test } from "../support/test.ts";

const account = 31;
const otherAccount = 32;

async function record(pool: Pool): Promise<{ providerId: number; mine: string; others: string }> {
  const providerId = await buildProvider(pool);
  await buildEndpoint(pool, { providerId, url: "http://127.0.0.1:9/" });
  const events = [anEvent({ accountId: account }), anEvent({ accountId: otherAccount })];
  const [mine = "", others = ""] = await recordNow(pool, { providerId }, events);
  await pool.query(
    `insert into attempts (provider_id, event_id, endpoint_id, number, at, latency_ms, response_body)
     select provider_id, event_id, endpoint_id, 1, now(), 1, 'thanks' from due where provider_id = $1`,
    [providerId],
  );
  return { providerId, mine, others };
}

/** Starts an erasure that no worker processes. */
async function startErasure(pool: Pool, providerId: number): Promise<number> {
  const [row] = await pool.query<{ id: number }>(
    `insert into erasures (provider_id, account_id, pending, actor_kind, created_at, work_at)
     values ($1, $2, 'cancel', 'system', now(), 'infinity') returning id`,
    [providerId, account],
  );
  return row?.id ?? 0;
}

const history = (pool: Pool): Promise<object[]> =>
  pool.query(
    `select to_jsonb(event)::text || to_jsonb(payload)::text || to_jsonb(attempt)::text as row
     from events event
     join payloads payload on payload.event_id = event.id
     join attempts attempt on attempt.event_id = event.id
     order by event.id`,
  );

/** Calls every erasing function with the ids of these events. */
async function eraseAll(pool: Database, erasureId: number, ids: readonly string[]): Promise<void> {
  const each = (text: string): string[] => ids.map(() => text);
  await pool.query(`select erase_events($1, $2::uuid[], $3::json[], $4::json[], $4::json[], $5::text[])`, [
    erasureId,
    ids,
    each("{}"),
    ids.map(() => null),
    each("forged"),
  ]);
  const bodies = ids.map(() => Buffer.from("forged"));
  await pool.query(`select erase_payloads($1, $2::uuid[], $3::text[], $4::bytea[])`, [
    erasureId,
    ids,
    each("3scale"),
    bodies,
  ]);
  await pool.query(`select erase_attempts($1, $2::uuid[])`, [erasureId, ids]);
}

test("erasing functions change only the erased account's rows, and only during its erasure", async ({
  database: pool,
}) => {
  const { providerId, mine, others } = await record(pool);
  const before = await history(pool);
  await eraseAll(pool, 0, [mine, others]);
  expect(await history(pool)).toEqual(before);

  const id = await startErasure(pool, providerId);
  await eraseAll(pool, id, [others]);
  expect(await history(pool)).toEqual(before);
  await eraseAll(pool, id, [mine, others]);
  const changed = await pool.query(`select id from events where erased_at is not null`);
  expect(changed).toEqual([{ id: mine }]);

  await pool.query("update erasures set finished_at = now()");
  const after = await history(pool);
  await eraseAll(pool, id, [mine, others]);
  expect(await history(pool)).toEqual(after);
});

test("an erasure waits while retention copies a day, and erases the copy", async ({ database: pool, owner }) => {
  const { providerId, mine } = await record(pool);
  await startErasure(pool, providerId);
  await pool.query("update erasures set work_at = now()");
  let isErased = false;
  const soon = new Date(Date.now() + 60_000);
  let erasing = Promise.resolve();
  await owner.inTransaction(async (tx) => {
    await tx.query("select pg_advisory_xact_lock(hashtext('bellwire history days'))"); // as retire_history_day does
    erasing = (async () => {
      while (await workOnErasure(pool, soon));
      isErased = true;
    })();
    await tx.query("select pg_sleep(0.3)");
    expect(isErased).toBe(false);
  });
  await erasing;
  expect(await pool.query("select account_name from events where id = $1", [mine])).toEqual([{ accountName: "" }]);
});

test("audit records are listed in time order and expire after their retention, never within 30 days", async ({
  database: pool,
}) => {
  const providerId = await buildProvider(pool);
  const ages = [1000, 731, 729, 29, 0];
  for (const days of ages) {
    await pool.query(
      `insert into audit_records (provider_id, actor_kind, action, subject, at)
       values ($1, 'system', 'test', $2, now() - make_interval(days => $3))`,
      [providerId, `day/${days}`, days],
    );
  }
  const readSubjects = async (): Promise<string[]> => {
    const subjects = [];
    for await (const batch of exportAuditRecords(pool, providerId, {}))
      subjects.push(...batch.map(({ subject }) => subject));
    return subjects;
  };
  expect(await readSubjects()).toEqual(ages.map((days) => `day/${days}`));
  expect(await deleteOldAuditRecords(pool, new Date(), 730)).toBe(2);
  expect(await deleteOldAuditRecords(pool, new Date(), 730)).toBe(0);
  expect(await readSubjects()).toEqual(["day/729", "day/29", "day/0"]);
  await deleteOldAuditRecords(pool, new Date(), 0);
  expect(await readSubjects()).toEqual(["day/29", "day/0"]);
});

/** A batch of an erasure. */
const batchRows = 200;

/** Inserts a batch of events of the account today, and events of others on the next days, with their payloads and attempts. */
const fillHistory = `
  with stored as (
    insert into events (provider_id, id, type, action, object_id, account_id, account_name, sequence, actor_kind, channel, occurred_at,
      document, renderer_version)
    select $1, overlay(uuid_v7_floor(now() + make_interval(days => (number + 799) / 1000))::text placing lpad(number::text, 12, '0') from 25)::uuid,
      'account.updated', 'updated', number, case when number <= ${batchRows} then $2::bigint else 1000 + number end, 'Fjord', 1, 'system',
      'system', now(), '{}', 1
    from generate_series(1, 8200) number returning id, account_id
  ), bodies as (
    insert into payloads (provider_id, event_id, format, body, context) select $1, id, '3scale', 'body', '{}' from stored
  ), attempted as (
    insert into attempts (provider_id, event_id, endpoint_id, number, at, latency_ms, response_body)
    select $1, id, 1, 1, now(), 1, 'thanks' from stored
  )
  select id from stored where account_id = $2`;

/** Counts look-ups in indexes, and rows that were read without one. */
const countLookUps = `
  select coalesce(sum(idx_scan + seq_tup_read), 0)::integer as count from pg_stat_xact_user_tables where relname ~ '^(events|payloads|attempts)_'`;

test("erasing functions look events up in their own days only, of all days of the history", async ({
  database,
  owner,
}) => {
  await addComingDays(database);
  const providerId = await buildProvider(database);
  const events = await database.query<{ id: string }>(fillHistory, [providerId, account]);
  expect(events).toHaveLength(batchRows);
  await owner.query("analyze");
  const erasureId = await startErasure(database, providerId);
  const batches = 7; // after five, PostgreSQL may have a plan for any values
  const [lookUps] = await database.inTransaction(async (tx) => {
    for (let batch = 1; batch <= batches; batch += 1)
      await eraseAll(
        tx,
        erasureId,
        events.map(({ id }) => id),
      );
    return tx.query<{ count: number }>(countLookUps);
  });
  expect(await database.query(`select from attempts where response_body is null`)).toHaveLength(batchRows);
  // Of events, payloads and attempts.
  expect(lookUps?.count).toBeLessThan(batches * batchRows * 3);
});
