import { expect } from "vitest";
import type { Pool, Transaction } from "#platform/database/database.ts";
import {
  type Job,
  type JobKind,
  cancelJob,
  endInterruptedJobs,
  listJobs,
  readJob,
  readResult,
  workOnJob,
} from "#webhooks/jobs/index.ts";
import { fail } from "../support/build-failures.ts";
import { anEvent, buildEndpoint, buildProvider, recordNow, selecting, startJob } from "../support/build-webhooks.ts";
import { withoutWaiting } from "../support/count-waiting.ts";
import { test } from "../support/test.ts";

/** Starts two jobs of a provider, each on one failure. The first one is worked on first. */
async function startTwo(pool: Pool, kind: JobKind) {
  const providerId = await buildProvider(pool);
  const endpointId = await buildEndpoint(pool, { providerId, url: "https://crm.example/hook" });
  await recordNow(pool, { providerId }, [anEvent(), anEvent()]);
  const eventIds = await fail(pool, providerId, "an hour ago");
  const jobs: Job[] = [];
  for (const eventId of eventIds) {
    const format = kind === "export" ? "ndjson" : null;
    jobs.push(await startJob(pool, { providerId, kind, format, rows: selecting([{ eventId, endpointId }]) }));
  }
  const read = () => Promise.all(jobs.map(({ id }) => readJob(pool, providerId, id)));
  return { jobs, eventIds, read };
}

const waiting = { state: "running", done: 0, failed: 0, error: null };
const done = { state: "done", done: 1, failed: 0, error: null };

test("each of a provider's jobs advances with its own rows", async ({ database }) => {
  const { read } = await startTwo(database, "retry");
  expect(await workOnJob(database)).toBe(true);
  expect(await read()).toMatchObject([done, waiting]);
  expect(await workOnJob(database)).toBe(true);
  expect(await read()).toMatchObject([done, done]);
  expect(await database.query("select from job_chunks")).toEqual([]);
});

test("a cancelled job leaves the rows of the provider's other jobs", async ({ database }) => {
  const { jobs, read } = await startTwo(database, "retry");
  const { providerId = 0, id = 0 } = jobs[0] ?? {};
  await database.inTransaction((tx) => cancelJob(tx, providerId, id));
  while (await workOnJob(database));
  expect(await read()).toMatchObject([{ ...waiting, state: "cancelled" }, done]);
});

test("a job that is cancelled while its rows are selected leaves those of the provider's other jobs", async ({
  database,
}) => {
  const { jobs, read } = await startTwo(database, "retry");
  const { providerId = 0 } = jobs[0] ?? {};
  const rows = async function* () {
    const [own] = await listJobs(database, { providerId, limit: 1 });
    await database.inTransaction((tx) => cancelJob(tx, providerId, own?.id ?? 0));
    yield [];
  };
  const created = await startJob(database, { providerId, kind: "retry", rows });
  expect(created.state).toBe("cancelled");
  while (await workOnJob(database));
  expect(await read()).toMatchObject([done, done]);
});

test("a job whose process has ended before it started leaves those of its provider that have", async ({ database }) => {
  const { jobs, read } = await startTwo(database, "retry");
  await database.query(
    `insert into jobs (provider_id, kind, subject, selection, actor_kind, work_at, created_at)
     values ($1, 'retry', 'deliveries', '{}', 'system', 'infinity', now() - interval '4 minutes')`,
    [jobs[0]?.providerId],
  );
  expect(await endInterruptedJobs(database)).toBe(1);
  expect(await endInterruptedJobs(database)).toBe(0); // else callers, who repeat it until then, would never end
  while (await workOnJob(database));
  expect(await read()).toMatchObject([done, done]);
});

test("a job that starts while interrupted ones are ended is none of them", async ({ database }) => {
  const { jobs, read } = await startTwo(database, "retry");
  const [ids, unstarted] = [
    [jobs.map(({ id }) => id)],
    "created_at = now() - interval '4 minutes', work_at = 'infinity'",
  ];
  await database.query(`update jobs set ${unstarted} where id = any($1)`, ids);
  await database.inTransaction(async (tx) => {
    await tx.query("update jobs set created_at = now(), work_at = now() where id = any($1)", ids);
    expect(await withoutWaiting(database, endInterruptedJobs)).toBe(0);
  });
  while (await workOnJob(database));
  expect(await read()).toMatchObject([done, done]);
});

test("a job whose rows cannot be selected leaves the provider's other jobs that have not started", async ({
  database,
}) => {
  const { jobs } = await startTwo(database, "retry");
  await database.query("update jobs set work_at = 'infinity'"); // as while their rows are stored
  const { providerId = 0 } = jobs[0] ?? {};
  const rows = () => {
    throw new Error("unreadable");
  };
  const created = startJob(database, { providerId, kind: "retry", rows });
  await expect(created).rejects.toThrow("unreadable");
  const left = await database.query<{ id: number }>("select id from jobs order by id");
  expect(left.map(({ id }) => id)).toEqual(jobs.map(({ id }) => id));
});

test("a chunk that fails delays its own job only", async ({ database }) => {
  const { read } = await startTwo(database, "retry");
  let isFirst = true;
  const broken: Pool = {
    ...database,
    inTransaction: <T>(work: (tx: Transaction) => Promise<T>): Promise<T> =>
      database.inTransaction(async (tx) => {
        const result = await work(tx);
        if (!isFirst) return result;
        isFirst = false;
        throw new Error("broken");
      }),
  };
  await expect(workOnJob(broken)).rejects.toThrow("broken");
  expect(await read()).toMatchObject([{ ...waiting, error: expect.stringContaining("broken") }, waiting]);
  expect(await workOnJob(database)).toBe(true);
  expect(await read()).toMatchObject([{ state: "running", done: 0 }, done]);
});

test("each of a provider's exports has its own rows", async ({ database }) => {
  const { jobs, eventIds } = await startTwo(database, "export");
  while (await workOnJob(database));
  for (const [index, job] of jobs.entries()) {
    let text = "";
    for await (const part of readResult(database, job)) text += part.toString();
    expect(eventIds.map((eventId) => text.includes(eventId))).toEqual([index === 0, index === 1]);
  }
});
