import { expect } from "vitest";
import type { Pool, Transaction } from "#platform/database/database.ts";
import { createUuidV7Generator } from "#platform/ids.ts";
import {
  addComingDays,
  cancelDelivery,
  claimLanes,
  findDueLanes,
  insertEngine,
  makeDueAgain,
  measureDue,
  readDelivery,
  readDueDeliveries,
  readRuns,
  retryDelivery,
  settleDeliveries,
  skipDelivery,
  startOfLane,
} from "#webhooks/deliveries/index.ts";
import { countSilentTogether } from "#webhooks/statistics/index.ts";
import { buildEndpoint, buildProvider, recordNow } from "../support/build-webhooks.ts";
import { test } from "../support/test.ts";
import { openPlanner } from "./read-plan.ts";

/** Deliveries behind one first row: the account of `anEvent`. CI runs this test with a million, too. */
const ofOneKey = Number(process.env["BACKLOG_ROWS"] ?? 150_000);
const heldRows = 25_000;
const engineId = "00000000-0000-7000-8000-000000000001";
/** `holdsUp` counts to 1,000. Everything else reads the rows it concerns and their neighbours. */
const rowsMax = 1_010;

const fill = `
  insert into due (provider_id, endpoint_id, event_id, format, ordering_key, sequence, due_at)
  select $1, $2, uuidv7(), '3scale', $3, number, case when number = 1 then clock_timestamp() else 'infinity' end
  from generate_series($4::integer, $5::integer) as number`;
/** Rows per statement, so that each ends long before its timeout. */
const batch = 50_000;

/** Runs `fillTable` without the indexes of `due`, and creates them again: in half the time of keeping them up to date. */
async function withoutIndexes(owner: Pool, fillTable: () => Promise<void>): Promise<void> {
  const indexes = await owner.query<{ name: string; definition: string }>(
    `select indexrelid::regclass::text as name, pg_get_indexdef(indexrelid) as definition from pg_index
     where indrelid = 'due'::regclass and not indisprimary`,
  );
  for (const { name } of indexes) await owner.query(`drop index ${name}`);
  await fillTable();
  for (const { definition } of indexes) await owner.query(definition);
}

interface RecordedStatement {
  readonly text: string;
  readonly values: readonly unknown[];
}

/** Returns a pool that records each statement that reads due rows. */
function recording(pool: Pool, statements: RecordedStatement[]): Pool {
  const note = (text: string, values: readonly unknown[]): void => {
    if (/\bdue\b/.test(text)) statements.push({ text, values });
  };
  return {
    ...pool,
    query: (text, values = []) => {
      note(text, values);
      return pool.query(text, values);
    },
    inTransaction: (work) =>
      pool.inTransaction((tx) => {
        const noted: Transaction = {
          ...tx,
          query: (text, values = []) => {
            note(text, values);
            return tx.query(text, values);
          },
          send: (text, values) => {
            note(text, values);
            return tx.send(text, values);
          },
        };
        return work(noted);
      }),
  };
}

const limits = { bytesMax: 1e6, bodyMax: 1e6 };

test(
  "no statement on one delivery, key or lane reads the key's backlog or other endpoints' held deliveries",
  { timeout: 120_000 },
  async ({ database, databaseUrl, owner }) => {
    const providerId = await buildProvider(database);
    const url = "http://127.0.0.1:9/";
    const endpointId = await buildEndpoint(database, { providerId, url, ordering: "account" });
    await withoutIndexes(owner, async () => {
      for (let from = 1; from < ofOneKey; from += batch)
        await database.query(fill, [providerId, endpointId, "account/31", from, from + batch - 1]);
      for (const name of ["paused one", "paused two"]) {
        const paused = await buildEndpoint(database, { providerId, url, name, ordering: "account" });
        await database.query(fill, [providerId, paused, "account/1", 1, heldRows]);
        await database.query(`update endpoints set state = 'paused' where id = $1`, [paused]);
      }
    });
    const statements: RecordedStatement[] = [];
    const pool = recording(database, statements);
    const eventIds = await database.query<{ id: string }>(
      `select event_id as id from due where endpoint_id = $1 and ordering_key = 'account/31' order by sequence limit 6`,
      [endpointId],
    );
    const [first, skipped, cancelled, retried, read] = eventIds.map(({ id }) => ({
      providerId,
      eventId: id,
      endpointId,
    }));
    if (!first || !skipped || !cancelled || !retried || !read) throw new Error("The backlog was not made.");

    await insertEngine(pool, engineId);
    const [lane] = await claimLanes(pool, { engineId, endpointIds: [endpointId], claimNumber: 1, leaseSeconds: 60 });
    await findDueLanes(pool, { engineId, leaseSeconds: 60 });
    await measureDue(pool);
    await countSilentTogether(pool);
    await readDueDeliveries(pool, [{ endpointId, after: startOfLane, limit: 100, bytes: 1e6, bytesAgain: 0 }], limits);
    await readRuns(
      pool,
      [{ endpointId, orderingKey: "account/31", afterSequence: 1, fromSequence: 1, limit: 100 }],
      limits,
    );
    const recorded = await recordNow(pool, { providerId });
    const success = { status: 200, error: null, errorClass: null, latencyMs: 1 };
    const outcome = { ...success, responseHeaders: {}, responseBody: null, url: null };
    const details = { settingsId: 1, trace: null };
    const written = await settleDeliveries(pool, engineId, [
      {
        ...first,
        ...outcome,
        ...details,
        epoch: lane?.epoch ?? 0,
        orderingKey: "account/31",
        number: 1,
        at: new Date(),
        end: "delivered",
        retryAfterSeconds: null,
        retriedAt: null,
      },
    ]);
    expect(written.recorded).toBe(1);
    await pool.inTransaction((tx) => skipDelivery(tx, skipped));
    await pool.inTransaction((tx) => cancelDelivery(tx, cancelled));
    await pool.inTransaction((tx) => retryDelivery(tx, retried));
    await readDelivery(pool, read);
    await pool.inTransaction((tx) =>
      makeDueAgain(tx, { providerId, endpointId }, [
        {
          was: "missing",
          eventId: createUuidV7Generator()(Date.now()),
          format: "3scale",
          orderingKey: "account/31",
          sequence: 7,
        },
      ]),
    );

    await database.query(`delete from due where event_id = any($1)`, [recorded]); // recorded again below

    for (const mode of ["force_custom_plan", "force_generic_plan"]) {
      await using planner = await openPlanner(databaseUrl, mode);
      for (const { text, values } of statements) {
        const scans = (await planner.scansOf(text, values)).filter(({ table }) => table === "due");
        expect({ mode, text, long: scans.filter(({ rows }) => rows > rowsMax) }).toEqual({ mode, text, long: [] });
      }
    }
  },
);

test("engines read the payloads of due rows only, however many days and payloads there are", async ({
  database,
  databaseUrl,
}) => {
  await addComingDays(database);
  const providerId = await buildProvider(database);
  const endpointId = await buildEndpoint(database, { providerId, url: "http://127.0.0.1:9/", ordering: "account" });
  await database.query(
    `with stored as (
       insert into payloads (provider_id, event_id, format, body, context)
       select $1, overlay(uuid_v7_floor(now() + make_interval(days => n / 300))::text placing lpad(n::text, 12, '0') from 25)::uuid,
         '3scale', 'body', '{}'
       from generate_series(0, 4499) n returning event_id
     )
     insert into due (provider_id, endpoint_id, event_id, format, ordering_key, sequence)
     select $1, $2, event_id, '3scale', 'account/31', row_number() over () from stored`,
    [providerId, endpointId],
  );
  const statements: RecordedStatement[] = [];
  const pool = recording(database, statements);
  expect(
    await readDueDeliveries(pool, [{ endpointId, after: startOfLane, limit: 200, bytes: 1e6, bytesAgain: 0 }], limits),
  ).toHaveLength(200);
  const run = { endpointId, orderingKey: "account/31", afterSequence: 0, fromSequence: 1, limit: 200 };
  expect(await readRuns(pool, [run], limits)).toHaveLength(200);
  for (const mode of ["force_custom_plan", "force_generic_plan"]) {
    await using planner = await openPlanner(databaseUrl, mode);
    for (const { text, values } of statements) {
      const scans = (await planner.scansOf(text, values)).filter(({ table }) => table === "payloads");
      const rows = scans.reduce((sum, scan) => sum + scan.rows, 0);
      expect({ mode, text, rows }).toEqual({ mode, text, rows: 200 });
    }
  }
});
