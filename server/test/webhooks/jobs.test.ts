import { parse } from "csv-parse/sync";
import { expect } from "vitest";
import type { Pool, Transaction } from "#platform/database/database.ts";
import {
  listDeliveries,
  restoreBatch,
  retryDelivery,
  selectFailures,
  undoDeletion,
} from "#webhooks/deliveries/index.ts";
import { deleteEndpoint } from "#webhooks/endpoints/index.ts";
import {
  type Job,
  type JobToCreate,
  type SelectRows,
  cancelJob,
  deleteJob,
  deleteOldJobs,
  endInterruptedJobs,
  listJobs,
  readJob,
  readResult,
  renderHeader,
  workOnJob,
} from "#webhooks/jobs/index.ts";
import { fail } from "../support/build-failures.ts";
import { anEvent, buildEndpoint, buildProvider, bySystem, recordNow, startJob } from "../support/build-webhooks.ts";
import { test } from "../support/test.ts";
import { until } from "../support/until.ts";

const url = "https://crm.example/hook";

interface Backlog {
  readonly providerId: number;
  readonly endpointId: number;
  readonly eventIds: readonly string[];
}

/** Builds an endpoint with pending deliveries. */
async function buildPending(pool: Pool, count: number): Promise<Backlog> {
  const providerId = await buildProvider(pool);
  const endpointId = await buildEndpoint(pool, { providerId, url });
  const events = Array.from({ length: count }, () => anEvent());
  return { providerId, endpointId, eventIds: await recordNow(pool, { providerId }, events) };
}

async function buildFailures(pool: Pool, count: number): Promise<Backlog> {
  const backlog = await buildPending(pool, count);
  await fail(pool, backlog.providerId, "an hour ago");
  return backlog;
}

const allFailures =
  ({ providerId }: Backlog): SelectRows =>
  (db) =>
    selectFailures(db, { providerId });

const allDeliveries = ({ providerId }: Backlog): SelectRows =>
  async function* (db) {
    yield await listDeliveries(db, { providerId, limit: 10_000 });
  };

const start = (
  pool: Pool,
  { providerId }: Backlog,
  job: Pick<JobToCreate, "kind" | "rows"> & Partial<JobToCreate>,
): Promise<Job> => startJob(pool, { providerId, ...job });

async function finish(pool: Pool, { providerId, id }: Job): Promise<Job | undefined> {
  while (await workOnJob(pool));
  return readJob(pool, providerId, id);
}

const dueIds = async (pool: Pool): Promise<string[]> =>
  (await pool.query<{ id: string }>("select event_id as id from due order by due_at, event_id")).map(({ id }) => id);

const countOf = async (pool: Pool, table: string): Promise<number> => (await pool.query(`select from ${table}`)).length;

/** Returns a pool whose transactions fail at their end if `isBroken` returns true for their number. */
const breaking = (pool: Pool, isBroken: (nth: number) => boolean): Pool => {
  let nth = 0;
  return {
    ...pool,
    inTransaction: <T>(work: (tx: Transaction) => Promise<T>): Promise<T> =>
      pool.inTransaction(async (tx) => {
        const result = await work(tx);
        nth += 1;
        if (isBroken(nth)) throw new Error("killed");
        return result;
      }),
  };
};

test("a job whose start was committed stays when the database's response is lost", async ({ database }) => {
  const pending = await buildPending(database, 3);
  let transactions = 0;
  const losing: Pool = {
    ...database,
    async inTransaction(work) {
      const result = await database.inTransaction(work);
      transactions += 1;
      if (transactions === 3) throw new Error("the connection was lost");
      return result;
    },
  };
  await expect(start(losing, pending, { kind: "cancel", rows: allDeliveries(pending) })).rejects.toThrow("was lost");
  while (await workOnJob(database));
  const [job] = await listJobs(database, { providerId: pending.providerId, limit: 10 });
  expect(job).toMatchObject({ state: "done", done: 3 });
  expect(await dueIds(database)).toEqual([]);
});

test("a retry makes exactly the failures of its creation due, each once", async ({ database }) => {
  const failures = await buildFailures(database, 1200);
  const job = await start(database, failures, { kind: "retry", subject: "failures", rows: allFailures(failures) });
  expect(job).toMatchObject({ state: "running", total: 1200, done: 0 });
  await recordNow(database, failures);
  const [late = ""] = await fail(database, failures.providerId, "an hour ago");

  expect(await finish(database, job)).toMatchObject({ state: "done", done: 1200, skipped: 0, failed: 0 });
  expect(await dueIds(database)).toEqual(failures.eventIds);
  expect(await database.query(`select event_id as id from failures`)).toEqual([{ id: late }]);
  expect(await countOf(database, "job_chunks")).toBe(0);
});

test("a job that is interrupted in the middle continues, and applies to no row twice", async ({ database }) => {
  const failures = await buildFailures(database, 1600);
  const job = await start(database, failures, { kind: "retry", subject: "failures", rows: allFailures(failures) });
  const dying = breaking(database, (nth) => nth === 3);
  expect([await workOnJob(dying), await workOnJob(dying)]).toEqual([true, true]);
  await expect(workOnJob(dying)).rejects.toThrow("killed");
  expect(await countOf(database, "due")).toBe((await readJob(database, job.providerId, job.id))?.done);
  await database.query(`update jobs set work_at = now()`); // after the pause

  expect(await finish(database, job)).toMatchObject({ state: "done", done: 1600, skipped: 0 });
  expect(await dueIds(database)).toEqual(failures.eventIds);
  const replays = await database.query(`select distinct replay from due`);
  expect(replays).toEqual([{ replay: 0 }]);
});

test.for([
  ["processed", (pool: Pool) => workOnJob(pool), { state: "done", done: 1000, failed: 0 }],
  [
    "cancelled",
    (pool: Pool, job: Job) => pool.inTransaction((tx) => cancelJob(tx, job.providerId, job.id)),
    { state: "cancelled", done: 0, failed: 0 },
  ],
] as const)(
  "a failed chunk that another process has %s meanwhile is not counted again",
  async ([, act, expected], { database }) => {
    const failures = await buildFailures(database, 1000);
    const job = await start(database, failures, { kind: "retry", subject: "failures", rows: allFailures(failures) });
    await database.query(`update jobs set tries = 4`);
    const failing = breaking(database, (nth) => nth === 1);
    let transactions = 0;
    const interrupted: Pool = {
      ...failing,
      async inTransaction(work) {
        transactions += 1;
        if (transactions === 2) await act(database, job);
        return failing.inTransaction(work);
      },
    };
    await expect(workOnJob(interrupted)).rejects.toThrow("killed");
    expect(transactions).toBe(2);
    expect(await finish(database, job)).toMatchObject(expected);
  },
);

test("two workers process different chunks of a job", async ({ database }) => {
  const failures = await buildFailures(database, 2000);
  const job = await start(database, failures, { kind: "retry", subject: "failures", rows: allFailures(failures) });
  const work = async (): Promise<void> => {
    while ((await readJob(database, job.providerId, job.id))?.state === "running") await workOnJob(database);
  };
  await Promise.all([work(), work(), work()]);
  expect(await readJob(database, job.providerId, job.id)).toMatchObject({ done: 2000, skipped: 0 });
});

test("a job that is cancelled while its rows are being selected never starts", async ({ database }) => {
  const backlog = await buildFailures(database, 2);
  const { providerId } = backlog;
  const job = await start(database, backlog, {
    kind: "retry",
    async *rows(db) {
      yield* allFailures(backlog)(db);
      const [running] = await listJobs(database, { providerId, limit: 1 });
      await database.inTransaction((tx) => cancelJob(tx, providerId, running?.id ?? 0));
    },
    follow: () => expect.unreachable(),
  });

  expect(job).toMatchObject({ state: "cancelled", total: 0 });
  expect(await finish(database, job)).toEqual(job);
  expect(await dueIds(database)).toEqual([]);
  expect(await countOf(database, "job_chunks")).toBe(0);
});

test("a row that has changed since the job was created is skipped", async ({ database }) => {
  const failures = await buildFailures(database, 4);
  const job = await start(database, failures, { kind: "retry", subject: "failures", rows: allFailures(failures) });
  const [retried = "", failedAgain = "", deleted = "", unchanged = ""] = failures.eventIds;
  await database.inTransaction((tx) => retryDelivery(tx, { ...failures, eventId: retried }));
  await database.query(`update deliveries set ended_at = now() + interval '1 minute' where event_id = $1`, [
    failedAgain,
  ]);
  await database.query(`delete from failures where event_id = $1`, [deleted]);
  expect(await finish(database, job)).toMatchObject({ done: 1, skipped: 3 });
  expect(await dueIds(database)).toEqual([retried, unchanged]);
});

test("a job's rows are a snapshot, even if rows are added while the job reads them", async ({ database }) => {
  const failures = await buildFailures(database, 2);
  const readAll = allDeliveries(failures); // the list of failures also leaves out what commits later
  const rows: SelectRows = async function* (db) {
    yield* readAll(db);
    await recordNow(database, failures);
    for await (const batch of readAll(database)) expect(batch).toHaveLength(3);
    for await (const batch of readAll(db)) expect(batch).toHaveLength(2);
  };
  expect(await start(database, failures, { kind: "retry", rows })).toMatchObject({ total: 2 });
});

test("a cancelled job leaves the rest of its rows as they are", async ({ database }) => {
  const failures = await buildFailures(database, 1000);
  const job = await start(database, failures, { kind: "retry", subject: "failures", rows: allFailures(failures) });
  await workOnJob(database);
  const cancelled = await database.inTransaction((tx) => cancelJob(tx, job.providerId, job.id));
  expect(cancelled).toMatchObject({ state: "cancelled", done: 500 });
  expect(await workOnJob(database)).toBe(false);
  expect([await countOf(database, "due"), await countOf(database, "failures")]).toEqual([500, 500]);
  expect(await database.inTransaction((tx) => cancelJob(tx, job.providerId, job.id))).toBeUndefined();
});

test("a job of a provider ends at its own rows", async ({ database }) => {
  const [mine, theirs] = [await buildFailures(database, 2), await buildFailures(database, 2)];
  // Ids of another provider's deliveries, as a caller could send them.
  const foreign: SelectRows = async function* () {
    yield theirs.eventIds.map((eventId) => ({ eventId, endpointId: theirs.endpointId }));
  };
  for (const kind of ["retry", "cancel", "delete_failures", "export"] as const) {
    const subject = kind === "delete_failures" ? "failures" : "deliveries";
    const job = await start(database, mine, { kind, subject, rows: foreign, format: kind === "export" ? "csv" : null });
    expect(await finish(database, job)).toMatchObject({ kind, done: 0, skipped: 2, bytes: 0 });
  }
  expect([await countOf(database, "due"), await countOf(database, "failures")]).toEqual([0, 4]);
});

test("a job cancels pending deliveries, and the next deliveries of their ordering keys become due", async ({
  database,
}) => {
  const providerId = await buildProvider(database);
  const endpointId = await buildEndpoint(database, { providerId, url, ordering: "account" });
  const [first = "", second = ""] = await recordNow(database, { providerId }, [anEvent(), anEvent()]);
  const rows: SelectRows = async function* () {
    yield [{ eventId: first, endpointId }];
  };
  const backlog = { providerId, endpointId, eventIds: [first] };
  expect(await finish(database, await start(database, backlog, { kind: "cancel", rows }))).toMatchObject({ done: 1 });
  expect(await database.query(`select event_id as id, due_at < now() as "isDue" from due`)).toEqual([
    { id: second, isDue: true },
  ]);
  expect(await finish(database, await start(database, backlog, { kind: "cancel", rows }))).toMatchObject({
    skipped: 1,
  });
});

test("a replay sends the events of the selected deliveries to another endpoint, in its ordering", async ({
  database,
}) => {
  const backlog = await buildFailures(database, 3);
  const other = await buildEndpoint(database, { ...backlog, url, name: "other", format: "json", ordering: "account" });
  const job = await start(database, backlog, { kind: "replay", endpointId: other, rows: allDeliveries(backlog) });
  expect(await finish(database, job)).toMatchObject({ done: 3 });
  const due = await database.query(
    `select event_id as id, format, due_at < 'infinity' as "isDue" from due order by sequence`,
  );
  expect(due).toEqual(backlog.eventIds.map((id, at) => ({ id, format: "json", isDue: at === 0 })));
});

test("a job on a deleted endpoint skips its rows", async ({ database }) => {
  const failures = await buildFailures(database, 2);
  const retry = await start(database, failures, { kind: "retry", rows: allDeliveries(failures) });
  const replay = await start(database, failures, {
    kind: "replay",
    endpointId: failures.endpointId,
    rows: allDeliveries(failures),
  });
  await deleteEndpoint(database, { ...failures, id: failures.endpointId, ...bySystem });
  expect(await finish(database, retry)).toMatchObject({ done: 0, skipped: 2 });
  expect(await readJob(database, replay.providerId, replay.id)).toMatchObject({ state: "done", skipped: 2 });
  expect(await dueIds(database)).toEqual([]);
});

test("deleted failures return to the list if the deletion is undone, except those that were retried", async ({
  database,
}) => {
  const failures = await buildFailures(database, 3);
  const before = await database.query(`select * from failures order by event_id`);
  const [retried = ""] = failures.eventIds;
  const job = await start(database, failures, {
    kind: "delete_failures",
    subject: "failures",
    rows: allFailures(failures),
  });
  expect(await finish(database, job)).toMatchObject({ done: 3 });
  expect(await countOf(database, "failures")).toBe(0);
  await database.inTransaction((tx) => retryDelivery(tx, { ...failures, eventId: retried }));

  expect(await database.inTransaction((tx) => undoDeletion(tx, job.providerId, job.id))).toBe(true);
  // The process that counts the restored rows gets all of them, unless it dies: then the worker continues.
  while (await workOnJob(database));
  expect(await countOf(database, "failures")).toBe(0);
  await database.query("update failure_deletions set undone_at = now() - interval '11 seconds'");
  while (await workOnJob(database));
  expect(await database.query(`select * from failures order by event_id`)).toEqual(before.slice(1));
  expect((await restoreBatch(database)).restored).toBe(0);
});

test("a chunk that fails in every attempt is counted, and the job continues", async ({ database, owner }) => {
  const backlog = await buildFailures(database, 700);
  const other = await buildEndpoint(database, { ...backlog, url, name: "other", format: "json" });
  await owner.query(`update events set document = '5' where id = $1`, [backlog.eventIds[0]]); // its payload cannot be rendered
  const job = await start(database, backlog, { kind: "replay", endpointId: other, rows: allDeliveries(backlog) });
  for (let attempt = 0; attempt < 5; attempt += 1) {
    await expect(workOnJob(database)).rejects.toThrow(TypeError);
    if (attempt < 4) expect(await workOnJob(database)).toBe(false); // it waits before it tries again
    await database.query(`update jobs set work_at = now()`);
  }
  const ended = await finish(database, job);
  expect(ended).toMatchObject({ state: "done", done: 500, failed: 200 });
  expect(ended?.error).toContain("record");
});

const formats = [
  { format: "csv", parseRows: (text: string) => parse<Record<string, string>>(text, { columns: true }) },
  {
    format: "ndjson",
    parseRows: (text: string): readonly Record<string, string>[] =>
      text.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line)])),
  },
] as const;

test.for(formats)(
  "an export in $format contains each selected delivery with its values",
  async ({ format, parseRows }, { database }) => {
    const backlog = await buildFailures(database, 600);
    const name = '=cmd|"/c calc"!A1, with a\nline break';
    await database.query(`update endpoints set name = $1`, [name]);
    const job = await start(database, backlog, { kind: "export", format, rows: allDeliveries(backlog) });
    expect(await finish(database, job)).toMatchObject({ state: "done", done: 600 });
    let text = renderHeader("deliveries", format);
    for await (const chunk of readResult(database, job)) text += chunk.toString();
    const rows = parseRows(text);
    const listed = await listDeliveries(database, { ...backlog, limit: 1000 });
    expect(rows.map((row) => row["id"])).toEqual(listed.map(({ eventId, endpointId }) => `${eventId}.${endpointId}`));
    expect(rows[0]).toMatchObject({ state: "failed", account_name: listed[0]?.accountName });
    expect(rows[0]?.["endpoint_name"]).toBe(format === "csv" ? `'${name}` : name);
    expect(String(rows[0]?.["attempts_made"])).toBe(String(listed[0]?.attemptsMade));
  },
);

test("an export's memory does not grow with its rows, neither for writing nor for reading", async ({ database }) => {
  const backlog = await buildFailures(database, 1);
  const rows = 20_000;
  await database.query(
    `insert into deliveries (provider_id, event_id, endpoint_id, state, attempts_made, format)
     select $1, event_id, number, 'delivered', 1, 'json' from failures, generate_series(1, $2) as number`,
    [backlog.providerId, rows],
  );
  await database.query(
    `insert into endpoints (provider_id, id, name, url, url_masked, secret, retry_waits_seconds)
     select provider_id, number, 'endpoint ' || number, url, url_masked, secret, '{}'
     from endpoints, generate_series(1, $1) as number`,
    [rows],
  );
  const many: SelectRows = async function* () {
    for (let first = 1; first <= rows; first += 1000) {
      yield Array.from({ length: 1000 }, (_, at) => ({ eventId: backlog.eventIds[0] ?? "", endpointId: first + at }));
    }
  };
  const job = await start(database, backlog, { kind: "export", format: "csv", rows: many });
  expect(await finish(database, job)).toMatchObject({ done: rows });
  let [chunks, largest, lines] = [0, 0, 0];
  for await (const chunk of readResult(database, job)) {
    chunks += 1;
    largest = Math.max(largest, chunk.length);
    lines += chunk.toString().split("\r\n").length - 1;
  }
  expect([chunks, lines]).toEqual([rows / 500, rows]);
  expect(largest).toBeLessThan(256 * 1024);
});

test("the download of an export that is deleted meanwhile fails, instead of ending like a whole file", async ({
  database,
}) => {
  const backlog = await buildPending(database, 501);
  const job = await start(database, backlog, { kind: "export", format: "csv", rows: allDeliveries(backlog) });
  await finish(database, job);
  const chunks = readResult(database, job);
  expect(await chunks.next()).toMatchObject({ done: false });
  expect(await database.inTransaction((tx) => deleteJob(tx, job.providerId, job.id))).toBe(true);
  await expect(chunks.next()).rejects.toThrow("deleted");
});

test("an export is deleted after a week, other jobs with the history", async ({ database }) => {
  const backlog = await buildFailures(database, 1);
  const rows = allDeliveries(backlog);
  await finish(database, await start(database, backlog, { kind: "export", format: "csv", rows }));
  await finish(database, await start(database, backlog, { kind: "retry", rows }));
  const deletedAfter = (days: number): Promise<number> =>
    deleteOldJobs(database, new Date(Date.now() + days * 86_400_000), 30);
  expect([await deletedAfter(6), await deletedAfter(8), await deletedAfter(29), await deletedAfter(31)]).toEqual([
    0, 1, 0, 1,
  ]);
  expect(await countOf(database, "job_chunks")).toBe(0);
});

/** Two parts, as rows are stored. */
const thirtyThousand = ({ eventIds: [eventId = ""], endpointId }: Backlog): SelectRows =>
  async function* () {
    yield Array.from({ length: 30_000 }, () => ({ eventId, endpointId }));
  };

test("a job whose process is killed while it stores the rows is soon reported as not started", async ({ database }) => {
  const pending = await buildPending(database, 1);
  let isKilled = false;
  const mortal: Pool = {
    ...database,
    async query<Row>(text: string, values?: readonly unknown[]): Promise<Row[]> {
      if (isKilled) throw new Error("killed");
      isKilled = true; // after the first part of the rows
      return database.query<Row>(text, values);
    },
  };
  await expect(start(mortal, pending, { kind: "cancel", rows: thirtyThousand(pending) })).rejects.toThrow("killed");
  expect(await countOf(database, "job_chunks")).toBe(40);
  const makeOlder = `update jobs set created_at = created_at - interval '2 minutes'`;
  await database.query(makeOlder);
  expect(await endInterruptedJobs(database)).toBe(0); // its process may still be storing rows
  await database.query(makeOlder);
  expect(await endInterruptedJobs(database)).toBe(1);

  const [job] = await listJobs(database, { ...pending, limit: 10 });
  expect(job).toMatchObject({ state: "cancelled", error: expect.stringContaining("Start it again") });
  expect(job?.finishedAt).not.toBeNull();
  expect(await countOf(database, "job_chunks")).toBe(0);
});

test("a job that takes minutes to select and to store its rows is not ended meanwhile", async ({ database }) => {
  const pending = await buildPending(database, 1);
  const ended: number[] = [];
  const slow: Pool = {
    ...database,
    async query<Row>(text: string, values?: readonly unknown[]): Promise<Row[]> {
      await database.query(`update jobs set created_at = created_at - interval '4 minutes'`); // the time that the part before took
      const result = await database.query<Row>(text, values);
      ended.push(await endInterruptedJobs(database));
      return result;
    },
  };
  const rows: SelectRows = async function* (db) {
    yield* Array.from({ length: 100 }, () => []);
    await until(() => ended.length === 1);
    yield* thirtyThousand(pending)(db);
  };
  const job = await start(slow, pending, { kind: "retry", rows });
  expect([ended, job.state, job.total]).toEqual([[0, 0, 0], "running", 30_000]);
});

test("a hint starts work on a job immediately", async ({ database }) => {
  const hints: string[] = [];
  database.onHint("jobs", (values) => hints.push(...values));
  const backlog = await buildFailures(database, 1);
  await start(database, backlog, { kind: "retry", rows: allDeliveries(backlog) });
  await until(() => hints.length > 0);
});

test("while the rows of a large job are read and stored, feeds do not wait for it", async ({ database }) => {
  const backlog = await buildPending(database, 1);
  const isPassed = async (): Promise<boolean> =>
    (await database.query("select where (select max(recorded_in) from events) < transactions_horizon()")).length > 0;
  const rows: SelectRows = async function* () {
    yield* thirtyThousand(backlog)(database);
    await recordNow(database, backlog);
    await until(isPassed); // transactions of other tests hold the horizon back for a moment
  };
  expect(await start(database, backlog, { kind: "retry", rows })).toMatchObject({ total: 30_000 });
});
