import { type Actor, mentionsTerm, writtenFilterFields, requireWithinLimit } from "#access/index.ts";
import { leavingProviders } from "#platform/database/connection.ts";
import { type Database, type Pool, queryRow, stepsOf, type Transaction } from "#platform/database/database.ts";
import { createFairQueue, type FairQueue } from "#platform/fair-queue.ts";
import { lastRowId } from "#platform/ids.ts";
import { countLimits, jobLimits } from "#platform/limits.ts";

export const jobKinds = ["retry", "cancel", "replay", "export", "delete_failures"] as const;
export type JobKind = (typeof jobKinds)[number];

export const jobSubjects = ["deliveries", "failures", "events", "attempts"] as const;
/** The rows that a job applies to. */
export type JobSubject = (typeof jobSubjects)[number];

export const exportFormats = ["csv", "ndjson"] as const;
export type ExportFormat = (typeof exportFormats)[number];

/** A selected row. The endpoint is 0 where events are selected. */
export interface RowKey {
  readonly eventId: string;
  readonly endpointId: number;
  /** An attempt, where attempts are selected. Without it, all attempts of the delivery. */
  readonly number?: number;
}

export interface NewJob {
  readonly providerId: number;
  readonly kind: JobKind;
  readonly subject: JobSubject;
  /** The filter or the number of ids, for people who look at the job later. */
  readonly selection: Readonly<Record<string, unknown>>;
  /** The destination of a replay. */
  readonly endpointId: number | null;
  readonly format: ExportFormat | null;
  readonly actor: Actor;
}

export interface Job extends Omit<NewJob, "actor"> {
  readonly id: number;
  readonly state: "running" | "done" | "cancelled";
  readonly total: number;
  readonly done: number;
  /** Rows that had changed since the job was created, or whose events the destination never gets. */
  readonly skipped: number;
  /** Rows that could not be processed in any try. */
  readonly failed: number;
  readonly error: string | null;
  /** The size of an export. */
  readonly bytes: number;
  readonly actorKind: Actor["kind"];
  readonly actorUserId: number | null;
  readonly actorName: string | null;
  readonly createdAt: Date;
  readonly finishedAt: Date | null;
  /** When the deletion of failures was undone. */
  readonly undoneAt: Date | null;
}

const columns = `
  job.provider_id, job.id, job.kind, job.subject, job.selection, job.endpoint_id, job.format, job.state, job.total, job.done,
  job.skipped, job.failed, job.error, job.bytes, job.actor_kind, job.actor_user_id, job.created_at, job.finished_at, job.undone_at,
  (select username from provider_users where provider_users.provider_id = job.provider_id
    and provider_users.id = job.actor_user_id) as "actorName"`;

/** Rows per transaction of the worker: some tens of milliseconds, without locks that others wait for. */
const chunkRows = 500;

/** Rows that are inserted at a time. A multiple of a chunk. */
const storedRows = 40 * chunkRows;

// Not workable until its rows are stored.
const insertStatement = `
  insert into jobs (provider_id, kind, subject, selection, endpoint_id, format, actor_kind, actor_user_id, work_at)
  values ($1, $2, $3, $4, $5, $6, $7, $8, 'infinity')
  returning id`;

// Until the job starts, its time says that its process lives.
const keepAlive = `
  update jobs set created_at = clock_timestamp() where provider_id = $1 and id = $2 and finished_at is null and work_at = 'infinity'`;

const insertChunks = `
  with alive as (${keepAlive})
  insert into job_chunks (provider_id, job_id, number, event_ids, endpoint_ids, attempt_numbers)
  select $1, $2, $3 + place, array_agg(event_id order by nth), array_agg(endpoint_id order by nth),
    case when $7 then array_agg(attempt_number order by nth) end
  from (
    select event_id, endpoint_id, attempt_number, nth, ((nth - 1) / $8)::integer as place
    from unnest($4::uuid[], $5::bigint[], $6::integer[])
      with ordinality as selected (event_id, endpoint_id, attempt_number, nth)
  ) numbered
  group by place`;

const startStatement = `
  update jobs job set total = $3::bigint, chunks = $4, created_at = $5, work_at = clock_timestamp(),
    state = case when $3::bigint = 0 then 'done' else 'running' end,
    finished_at = case when $3::bigint = 0 then clock_timestamp() end
  where provider_id = $1 and id = $2 and finished_at is null
  returning ${columns}`;

const deleteChunks = `delete from job_chunks where provider_id = $1 and job_id = $2`;

// A job whose start was committed, although the response was lost, stays: an engine may have processed rows of it.
const deleteUnstarted = `delete from jobs where provider_id = $1 and id = $2 and work_at = 'infinity'`;

/** Thrown if a selection has more rows than a job may have. */
export class TooManyRows extends Error {
  override readonly name = "TooManyRows";

  constructor() {
    super(`A job applies to at most ${jobLimits.rows.max.toLocaleString("en")} rows. Narrow the filter.`);
  }
}

/**
 * Creates the queue of selections: one at a time of a provider. A selection keeps a core busy for 10 µs a row, and a million rows take
 * 70 MB, so many of one provider at once would slow everybody (decision 0030).
 */
export const createSelectionQueue = (): FairQueue =>
  createFairQueue({ slots: 4, slotsOfGroup: 1, waitingMax: 20, retryAfterSeconds: 10 });

/** Reads the selected rows in batches, newest first. The oldest chunk is processed first, and an export lists the newest first. */
export type SelectRows = (db: Database) => AsyncIterable<readonly RowKey[]>;

export interface JobToCreate extends NewJob {
  readonly rows: SelectRows;
  /** Runs in the transaction that starts the job. */
  readonly follow: (tx: Transaction, job: Job) => Promise<void>;
}

/**
 * Creates a job and fixes the rows that it applies to, under one snapshot. Rows that match later are not part of it. The
 * job starts when all of them are stored, unless somebody has cancelled it meanwhile.
 *
 * The snapshot writes nothing, and each part of the rows is stored in a transaction of its own: feeds of all providers
 * wait for the oldest transaction that writes, and a large selection takes seconds.
 */
export async function createJob(pool: Pool, { rows, follow, ...job }: JobToCreate): Promise<Job> {
  const { providerId } = job;
  const steps = stepsOf(pool);
  const id = await insertJob(steps, job);
  try {
    const selection = await steps.inTransaction((tx) =>
      readSelection(tx, rows, () => {
        // Not awaited: all connections may belong to transactions that read rows. If it fails, the next one counts.
        pool.query(keepAlive, [providerId, id]).catch(() => undefined);
      }),
    );
    const chunks = await storeChunks(pool, { ...job, id, selection });
    return await pool.inTransaction(async (tx) => {
      const values = [providerId, id, selection.eventIds.length, chunks, selection.at];
      const [started] = await tx.query<Job>(startStatement, values);
      if (!started) return readCancelled(tx, providerId, id);
      await follow(tx, started);
      tx.hintAfterCommit("jobs", "");
      return started;
    });
  } catch (error) {
    await pool.query(deleteUnstarted, [providerId, id]);
    throw error;
  }
}

/** Returns a job that was cancelled before it could start. The rows that were stored since are of no use. */
async function readCancelled(tx: Transaction, providerId: number, id: number): Promise<Job> {
  await tx.query(deleteChunks, [providerId, id]);
  const cancelled = await readJob(tx, providerId, id);
  if (!cancelled) throw new Error("The job was deleted before it started");
  return cancelled;
}

const insertJob = (pool: Pool, job: NewJob): Promise<number> =>
  pool.inTransaction(async (tx) => {
    const { providerId, actor } = job;
    await requireWithinLimit(tx, job.kind === "export" ? countLimits.exports : countLimits.jobs, { providerId });
    const { id } = await queryRow<{ id: number }>(tx, insertStatement, [
      providerId,
      job.kind,
      job.subject,
      JSON.stringify(job.selection),
      job.endpointId,
      job.format,
      actor.kind,
      "userId" in actor ? actor.userId : null,
    ]);
    return id;
  });

/** The keys of the selected rows, newest first: about 70 MB for a million. */
interface Selection {
  /** The time of the snapshot. */
  readonly at: Date;
  readonly eventIds: readonly string[];
  readonly endpointIds: readonly number[];
  /** Null: all attempts of a delivery, or no attempts are selected. */
  readonly attemptNumbers: readonly (number | null)[];
}

/** A search takes 0.1 s for a batch, and minutes for words in millions of events. */
const batchesBetweenSigns = 100;

async function readSelection(tx: Transaction, rows: SelectRows, signalLife: () => void): Promise<Selection> {
  await tx.query("set transaction isolation level repeatable read, read only");
  const { at } = await queryRow<{ at: Date }>(tx, "select clock_timestamp() as at");
  const eventIds: string[] = [];
  const endpointIds: number[] = [];
  const attemptNumbers: (number | null)[] = [];
  let batches = 0;
  for await (const batch of rows(tx)) {
    batches += 1;
    if (batches % batchesBetweenSigns === 0) signalLife();
    for (const { eventId, endpointId, number = null } of batch) {
      eventIds.push(eventId);
      endpointIds.push(endpointId);
      attemptNumbers.push(number);
    }
    if (eventIds.length > jobLimits.rows.max) throw new TooManyRows();
  }
  return { at, eventIds, endpointIds, attemptNumbers };
}

/** Stores the rows in chunks. Returns the number of chunks. */
async function storeChunks(
  db: Database,
  job: Pick<Job, "providerId" | "id" | "subject"> & { readonly selection: Selection },
): Promise<number> {
  const { providerId, id, subject, selection } = job;
  const { eventIds, endpointIds, attemptNumbers } = selection;
  for (let from = 0; from < eventIds.length; from += storedRows) {
    const keys = [eventIds, endpointIds, attemptNumbers].map((column) => column.slice(from, from + storedRows));
    await db.query(insertChunks, [providerId, id, from / chunkRows, ...keys, subject === "attempts", chunkRows]);
  }
  return Math.ceil(eventIds.length / chunkRows);
}

/** Counts the rows of a selection without keeping them. */
export async function countRows(db: Database, rows: SelectRows): Promise<number> {
  let count = 0;
  for await (const batch of rows(db)) {
    count += batch.length;
    if (count > jobLimits.rows.max) throw new TooManyRows();
  }
  return count;
}

const selectJob = `select ${columns} from jobs job where job.provider_id = $1 and job.id = $2`;

export async function readJob(db: Database, providerId: number, id: number): Promise<Job | undefined> {
  const [job] = await db.query<Job>(selectJob, [providerId, id]);
  return job;
}

// Along the primary key.
const selectJobs = `
  select ${columns} from jobs job
  where job.provider_id = $1 and job.id < coalesce($2::bigint, ${lastRowId}) and ($3::text is null or job.state = $3)
  order by job.id desc
  limit $4`;

/** Lists jobs, newest first. */
export async function listJobs(
  db: Database,
  filter: {
    readonly providerId: number;
    readonly state?: Job["state"] | undefined;
    readonly beforeId?: number | undefined;
    readonly limit: number;
  },
): Promise<Job[]> {
  return db.query<Job>(selectJobs, [filter.providerId, filter.beforeId, filter.state, filter.limit]);
}

// Chunks that were not processed are of no use any more, nor is a part of an export.
const cancelStatement = `
  with cancelled as (
    update jobs set state = 'cancelled', finished_at = clock_timestamp()
    where provider_id = $1 and id = $2 and finished_at is null
    returning *
  ), unused as (
    delete from job_chunks using cancelled
    where job_chunks.provider_id = cancelled.provider_id and job_chunks.job_id = cancelled.id
  )
  select ${columns} from cancelled job`;

/** Stops a job after its current chunk. Its changes stay. Returns undefined if it is not running. */
export async function cancelJob(tx: Transaction, providerId: number, id: number): Promise<Job | undefined> {
  const [job] = await tx.query<Job>(cancelStatement, [providerId, id]);
  return job;
}

const markStatement = `
  update jobs set undone_at = clock_timestamp() where provider_id = $1 and id = $2 and undone_at is null`;

/** Records that the failures that a job deleted return to the list. */
export const markUndone = async (tx: Transaction, providerId: number, id: number): Promise<void> =>
  void (await tx.query(markStatement, [providerId, id]));

// Held after a restore, because they have probably ended since (0013_database_switches.sql). By jobs_running_idx.
const isHeld = `job.finished_at is null and job.work_at = held_jobs_until()`;

/** The held jobs of a provider. */
export interface HeldJobs {
  readonly providerId: number;
  readonly provider: string;
  readonly count: number;
  readonly oldest: Date;
}

const listHeldStatement = `
  select provider.id as provider_id, provider.subdomain as provider, count(*) as count, min(job.created_at) as oldest
  from jobs job
  join providers provider on provider.id = job.provider_id
  where ${isHeld} and ($1::bigint is null or job.provider_id = $1)
  group by provider.id
  order by provider.id`;

/** Lists the jobs that are held after a restore, of one provider or of all. */
export const listHeldJobs = (db: Database, providerId?: number): Promise<HeldJobs[]> =>
  db.query<HeldJobs>(listHeldStatement, [providerId ?? null]);

/** Lets the held jobs of a provider continue. Returns their number. */
export async function releaseHeldJobs(tx: Transaction, providerId: number): Promise<number> {
  const released = `update jobs job set work_at = clock_timestamp() where job.provider_id = $1 and ${isHeld} returning id`;
  tx.hintAfterCommit("jobs", "");
  return (await tx.query(released, [providerId])).length;
}

/** Cancels the held jobs of a provider. Returns their number. */
export async function cancelHeldJobs(tx: Transaction, providerId: number): Promise<number> {
  const listHeld = `select job.id from jobs job where job.provider_id = $1 and ${isHeld} for update`;
  const jobs = await tx.query<Pick<Job, "id">>(listHeld, [providerId]);
  for (const { id } of jobs) await cancelJob(tx, providerId, id);
  return jobs.length;
}

const deleteStatement = `
  delete from jobs where provider_id = $1 and id = $2 and finished_at is not null
  returning id`;

/** Deletes an ended job with its result. Returns false if there is no such job, or it is running. */
export async function deleteJob(tx: Transaction, providerId: number, id: number): Promise<boolean> {
  return (await tx.query(deleteStatement, [providerId, id])).length > 0;
}

/** Reading a hundred batches of rows takes seconds, and so does storing 20,000 rows. */
const unstartedSeconds = 180;

const interrupted =
  "Its process ended while it was storing the rows, or the provider moved to another cell. Start it again";

// By jobs_running_idx. Skips jobs that their process starts at the moment.
const endInterruptedStatement = `
  with interrupted as (
    select provider_id, id from jobs
    where finished_at is null and work_at = 'infinity' and created_at < clock_timestamp() - make_interval(secs => $1)
      and provider_id not in (${leavingProviders})
    order by created_at
    limit 10
    for update skip locked
  ), unused as (
    delete from job_chunks using interrupted
    where job_chunks.provider_id = interrupted.provider_id and job_chunks.job_id = interrupted.id
  )
  update jobs set state = 'cancelled', finished_at = clock_timestamp(), error = $2
  from interrupted
  where jobs.provider_id = interrupted.provider_id and jobs.id = interrupted.id
  returning jobs.id`;

/**
 * Ends some jobs whose rows were not stored completely, and returns their number: nobody continues them. Call it until it returns 0.
 */
export const endInterruptedJobs = async (db: Database): Promise<number> =>
  (await db.query(endInterruptedStatement, [unstartedSeconds, interrupted])).length;

// Rows of all providers, by jobs_finished_idx. Skips rows that another process deletes.
const deleteOldStatement = `
  delete from jobs
  where (provider_id, id) in (
    select provider_id, id
    from jobs
    where finished_at < $1::timestamptz - make_interval(days => case when kind = 'export' then least($2::integer, $3::integer) else $2::integer end)
      and provider_id not in (${leavingProviders})
    order by finished_at
    limit 10
    for update skip locked)
  returning id`;

/** Deletes some jobs that ended before the retention, exports after a week. Call it until it returns 0. */
export const deleteOldJobs = async (db: Database, now: Date, retentionDays: number): Promise<number> =>
  (await db.query(deleteOldStatement, [now, retentionDays, jobLimits.resultDays.max])).length;

// Ids of accounts and users are long numbers that occur nowhere else. Exports can be made again. Reads the provider's jobs.
const eraseExportsStatement = `
  delete from jobs using job_chunks chunk
  where jobs.provider_id = $1 and jobs.kind = 'export' and chunk.provider_id = jobs.provider_id and chunk.job_id = jobs.id
    and position(convert_to($2::bigint::text, 'UTF8') in chunk.content) > 0`;

const eraseSelectionsStatement = `
  update jobs set selection = '{"erased": true}'
  where provider_id = $1 and exists (
    select from unnest($2::text[]) as term, unnest($3::text[]) as field,
      lateral (select selection -> 'filter' ->> field as written) as part
    where ${mentionsTerm})`;

/** Deletes exports with rows of an account or a user, and the filters of jobs that contain names or addresses of it. */
export async function eraseJobs(
  tx: Transaction,
  { providerId, objectId, terms }: { providerId: number; objectId: number; terms: readonly string[] },
): Promise<void> {
  await tx.query(eraseExportsStatement, [providerId, objectId]);
  await tx.query(eraseSelectionsStatement, [providerId, terms, writtenFilterFields]);
}
