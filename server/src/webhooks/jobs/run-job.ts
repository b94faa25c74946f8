import { classifyDatabaseError, leavingProviders } from "#platform/database/connection.ts";
import type { Pool, Transaction } from "#platform/database/database.ts";
import { errorMessage } from "#platform/errors.ts";
import {
  cancelDeliveries,
  deleteSelectedFailures,
  extendDeletion,
  restoreBatch,
  retryDeliveries,
} from "#webhooks/deliveries/index.ts";
import { resendEvents } from "#webhooks/replays/index.ts";
import { renderRows } from "./export-rows.ts";
import type { Job } from "./jobs.ts";

/** A running job with the chunk that is next. */
interface ClaimedJob extends Pick<
  Job,
  "providerId" | "id" | "kind" | "subject" | "endpointId" | "format" | "createdAt"
> {
  readonly number: number;
  readonly isLast: boolean;
  readonly resumed: readonly number[];
  readonly eventIds: readonly string[];
  readonly endpointIds: readonly number[];
  readonly attemptNumbers: readonly (number | null)[] | null;
}

// The job that has waited longest, locked until its chunk commits. Skips jobs that another process works on, so no
// chunk runs twice. By jobs_running_idx. The rows are stored newest first, so the last chunk is the oldest: deliveries
// are made due in the order of their events.
const claim = `
  select job.provider_id, job.id, job.kind, job.subject, job.endpoint_id, job.format, job.created_at, job.resumed,
    chunk.number, chunk.number = 0 as "isLast", chunk.event_ids, chunk.endpoint_ids, chunk.attempt_numbers
  from jobs job
  join job_chunks chunk on chunk.provider_id = job.provider_id and chunk.job_id = job.id
    and chunk.number = job.chunks - 1 - job.next_chunk
  where job.finished_at is null and job.work_at <= clock_timestamp() and job.provider_id not in (${leavingProviders})
  order by job.work_at
  limit 1
  for update of job skip locked`;

/** The effect of a chunk. The rest of its rows was skipped. */
interface ChunkResult {
  readonly done: number;
  /** Lines of an export. */
  readonly content?: Buffer;
  readonly resumed?: readonly number[];
  /** Events of the chunk that are left for the next transaction. */
  readonly rest?: readonly string[];
}

const advance = `
  update jobs set next_chunk = next_chunk + 1, tries = 0, done = done + $3, skipped = skipped + $4, failed = failed + $5,
    resumed = $6, bytes = bytes + $7, error = coalesce($8, error), work_at = clock_timestamp(),
    state = case when $9 then 'done' else state end, finished_at = case when $9 then clock_timestamp() end
  where provider_id = $1 and id = $2`;

const storeContent = `
  update job_chunks set content = $4, event_ids = '{}', endpoint_ids = '{}', attempt_numbers = null
  where provider_id = $1 and job_id = $2 and number = $3`;

const shortenChunk = `
  update job_chunks set event_ids = $4, endpoint_ids = $5, attempt_numbers = null
  where provider_id = $1 and job_id = $2 and number = $3`;

const advanceInChunk = `
  update jobs set tries = 0, done = done + $3, skipped = skipped + $4, work_at = clock_timestamp()
  where provider_id = $1 and id = $2`;

const deleteChunk = `delete from job_chunks where provider_id = $1 and job_id = $2 and number = $3`;

/** A chunk that fails this often is counted as failed, and the job continues with the next one. */
const triesMax = 5;

// Locks a job whose chunk has failed. Returns no row if the job was cancelled or held after a restore, or if another process has
// processed the chunk.
const lockFailed = `
  select tries from jobs
  where provider_id = $1 and id = $2 and finished_at is null and work_at < held_jobs_until() and chunks - 1 - next_chunk = $3
  for update`;

// Waits 2, 4, 8 and 16 seconds. Other jobs are processed meanwhile.
const postpone = `
  update jobs set tries = tries + 1, error = $3, work_at = clock_timestamp() + make_interval(secs => power(2, tries + 1))
  where provider_id = $1 and id = $2`;

/**
 * Processes one chunk of one job, and advances the job in the same transaction: a killed process leaves nothing half
 * done, and no chunk is processed twice. Also continues undone deletions of failures. Returns false if nothing is to do.
 */
export async function workOnJob(pool: Pool): Promise<boolean> {
  let claimed: ClaimedJob | undefined;
  try {
    const hasWorked = await pool.inTransaction(async (tx) => {
      [claimed] = await tx.query<ClaimedJob>(claim);
      if (claimed) await finishChunk(tx, claimed, await processChunk(tx, claimed));
      return claimed !== undefined;
    });
    return hasWorked || (await restoreBatch(pool)).hasMore;
  } catch (error) {
    // A full disk or a missing right is not the chunk's fault, and lasts longer than its tries.
    const reason = classifyDatabaseError(error);
    const isOfChunk = reason === undefined || reason === "away";
    if (claimed && isOfChunk) await recordFailedTry(pool, claimed, errorMessage(error));
    throw error;
  }
}

async function processChunk(tx: Transaction, job: ClaimedJob): Promise<ChunkResult> {
  const { providerId, id, eventIds, endpointIds, createdAt: selectedAt, resumed } = job;
  const keys = { providerId, eventIds, endpointIds };
  switch (job.kind) {
    case "retry": {
      const counts = await retryDeliveries(tx, {
        ...keys,
        selectedAt,
        onlyFailures: job.subject === "failures",
        resumed,
      });
      const done = [...counts.values()].reduce((sum, count) => sum + count, 0);
      return { done, resumed: [...new Set([...resumed, ...counts.keys()])] };
    }
    case "cancel":
      return { done: await cancelDeliveries(tx, keys) };
    case "delete_failures": {
      await extendDeletion(tx, providerId, id);
      return { done: await deleteSelectedFailures(tx, { ...keys, selectedAt, deletionId: id }) };
    }
    case "replay":
      return resendEvents(tx, { providerId, endpointId: job.endpointId ?? 0, eventIds });
    case "export": {
      const { subject, format, attemptNumbers } = job;
      const { rows, content } = await renderRows(tx, { ...keys, attemptNumbers, subject, format: format ?? "ndjson" });
      return { done: rows, content };
    }
  }
}

async function finishChunk(tx: Transaction, job: ClaimedJob, result: ChunkResult): Promise<void> {
  const { providerId, id, number, isLast, eventIds, resumed } = job;
  const { done, content, rest = [] } = result;
  if (rest.length > 0) return keepRest(tx, job, { done, rest });
  if (content) await tx.query(storeContent, [providerId, id, number, content]);
  else await tx.query(deleteChunk, [providerId, id, number]);
  const counts = [done, eventIds.length - done, 0];
  const values = [...counts, result.resumed ?? resumed, content?.length ?? 0, null, isLast];
  await tx.query(advance, [providerId, id, ...values]);
}

/** Leaves the rest of the chunk as the next one of the job. */
async function keepRest(
  tx: Transaction,
  { providerId, id, number, eventIds, endpointIds }: ClaimedJob,
  { done, rest }: Required<Pick<ChunkResult, "done" | "rest">>,
): Promise<void> {
  const isRest = new Set(rest);
  const places = [...eventIds.keys()].filter((place) => isRest.has(eventIds[place] ?? ""));
  const left = [places.map((place) => eventIds[place]), places.map((place) => endpointIds[place])];
  await tx.query(shortenChunk, [providerId, id, number, ...left]);
  await tx.query(advanceInChunk, [providerId, id, done, eventIds.length - done - places.length]);
}

/** After the last try, the rows of the chunk count as failed, so that one bad row does not stop the job. */
async function recordFailedTry(pool: Pool, job: ClaimedJob, error: string): Promise<void> {
  const { providerId, id, number, isLast, eventIds, resumed } = job;
  await pool.inTransaction(async (tx) => {
    const [failed] = await tx.query<{ tries: number }>(lockFailed, [providerId, id, number]);
    if (!failed) return;
    if (failed.tries + 1 < triesMax) {
      await tx.query(postpone, [providerId, id, error]);
      return;
    }
    await tx.query(deleteChunk, [providerId, id, number]);
    await tx.query(advance, [providerId, id, 0, 0, eventIds.length, resumed, 0, error, isLast]);
  });
}

// A row without a chunk after the last one. No row if the export was deleted.
const contentStatement = `
  select chunk.number, chunk.content, chunk.bytes
  from jobs job
  left join lateral (
    select number, octet_length(content) as bytes,
      substring(content from case when number = $3 then $4::integer + 1 else 1 end for $5::integer) as content
    from job_chunks
    where job_chunks.provider_id = job.provider_id and job_chunks.job_id = job.id and number >= $3 and content is not null
    order by number
    limit 1
  ) chunk on true
  where job.provider_id = $1 and job.id = $2`;

interface StoredChunk {
  readonly number: number;
  /** A part of it. */
  readonly content: Buffer | null;
  /** Of all parts. */
  readonly bytes: number;
}

/**
 * Bytes of a part, as 500 documents of objects with long fields have 65 MB. Whole, they block the event loop for 0.4 s and take three times
 * as much memory. Smaller parts take longer, because PostgreSQL decompresses what is before them.
 */
const partBytes = 4 * 1024 * 1024;

/**
 * Yields the lines of an export in the order of its selection, a part at a time, as fast as they are consumed. Rejects if the
 * export is deleted meanwhile: a part of a file must not look like the whole.
 */
export async function* readResult(
  pool: Pool,
  { providerId, id }: { readonly providerId: number; readonly id: number },
): AsyncGenerator<Buffer, void> {
  for (let next = { number: 0, offset: 0 }; ;) {
    const values = [providerId, id, next.number, next.offset, partBytes];
    const [chunk] = await pool.query<StoredChunk>(contentStatement, values);
    if (!chunk) throw new Error("The export was deleted while it was being downloaded.");
    const { number, content, bytes } = chunk;
    if (content === null) return;
    yield content;
    const offset = (number === next.number ? next.offset : 0) + content.length;
    next = offset < bytes ? { number, offset } : { number: number + 1, offset: 0 };
  }
}
