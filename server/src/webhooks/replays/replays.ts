import type { Database, Transaction } from "#platform/database/database.ts";

/**
 * `failed`: deliveries on the failure list. `missing`: events without a delivery. `all`: both, and ended deliveries.
 */
export type ReplayKind = "failed" | "missing" | "all";

/** The events to resend to an endpoint. */
export interface ReplayRange {
  readonly providerId: number;
  readonly endpointId: number;
  /** The first time of events, inclusive. */
  readonly since: Date;
  /** Exclusive. */
  readonly until: Date;
  /** Null: all types. */
  readonly eventTypes: readonly string[] | null;
  readonly only: ReplayKind;
}

/** Deliveries by their previous state. */
export interface ReplayCounts {
  readonly failed: number;
  readonly missing: number;
  readonly delivered: number;
  /** Cancelled, or failed and deleted from the failure list. */
  readonly givenUp: number;
}

export interface Replay extends ReplayRange, ReplayCounts {
  readonly id: number;
  readonly state: "running" | "done" | "cancelled";
  /** The last event that was examined. */
  readonly lastEvent: string;
  readonly createdAt: Date;
  readonly finishedAt: Date | null;
}

/** Returns the examined part of the time range, from 0 to 1. */
export function progressOf({ state, since, until, lastEvent }: Replay): number {
  if (state === "done") return 1;
  const at = Number.parseInt(lastEvent.replaceAll("-", "").slice(0, 12), 16); // a UUIDv7 begins with its time in milliseconds
  const part = (at - since.getTime()) / Math.max(1, until.getTime() - since.getTime());
  return Math.min(1, Math.max(0, part));
}

const columns = `
  provider_id, id, endpoint_id, since, until, event_types, kind as only,
  last_event, failed, missing, delivered, given_up, state, created_at,
  finished_at`;

const insertReplay = `
  insert into replays (provider_id, endpoint_id, since, until, event_types, kind, last_event)
  values ($1, $2, $3, $4, $5, $6, uuid_v7_floor(greatest($3::timestamptz, 'epoch')))
  on conflict (endpoint_id) where finished_at is null do nothing
  returning ${columns}`;

/** Starts a replay. Returns undefined if the endpoint has a running one. */
export async function startReplay(tx: Transaction, range: ReplayRange): Promise<Replay | undefined> {
  const { providerId, endpointId, since, until, eventTypes, only } = range;
  const [replay] = await tx.query<Replay>(insertReplay, [providerId, endpointId, since, until, eventTypes, only]);
  if (replay) tx.hintAfterCommit("replays", "");
  return replay;
}

const selectReplay = `select ${columns} from replays where provider_id = $1 and id = $2`;

export async function readReplay(db: Database, providerId: number, id: number): Promise<Replay | undefined> {
  const [replay] = await db.query<Replay>(selectReplay, [providerId, id]);
  return replay;
}

const selectReplays = `
  select ${columns} from replays
  where provider_id = $1 and ($2::bigint is null or endpoint_id = $2) and ($3::bigint is null or id < $3)
  order by id desc
  limit $4`;

/** Lists replays, newest first. */
export async function listReplays(
  db: Database,
  filter: {
    readonly providerId: number;
    readonly endpointId?: number | undefined;
    readonly beforeId?: number | undefined;
    readonly limit: number;
  },
): Promise<Replay[]> {
  return db.query<Replay>(selectReplays, [filter.providerId, filter.endpointId, filter.beforeId, filter.limit]);
}

const cancelStatement = `
  update replays set state = 'cancelled', finished_at = clock_timestamp()
  where provider_id = $1 and id = $2 and finished_at is null
  returning ${columns}`;

/**
 * Stops a replay after its current batch. Deliveries that it has made due stay due. Returns undefined if it is not
 * running.
 */
export async function cancelReplay(tx: Transaction, providerId: number, id: number): Promise<Replay | undefined> {
  const [replay] = await tx.query<Replay>(cancelStatement, [providerId, id]);
  return replay;
}

// Rows of all providers, by replays_finished_idx. Skips rows that another process deletes.
const deleteOldStatement = `
  delete from replays
  where (provider_id, id) in (
    select provider_id, id
    from replays
    where finished_at < $1::timestamptz - make_interval(days => $2)
    order by finished_at
    limit $3
    for update skip locked)
  returning id`;

/** About 10 ms per transaction, whatever the number of rows. */
const deleteBatchRows = 1000;

/** Deletes some replays that ended before the retention, and returns their number. Call it until it returns 0. */
export const deleteOldReplays = async (db: Database, now: Date, retentionDays: number): Promise<number> =>
  (await db.query(deleteOldStatement, [now, retentionDays, deleteBatchRows])).length;

const cancelOfStatement = `
  update replays set state = 'cancelled', finished_at = clock_timestamp()
  where endpoint_id = $1 and finished_at is null`;

/** Stops the endpoint's running replay, if it has one. Deliveries that it has made due stay due. */
export async function cancelReplaysOf(tx: Transaction, endpointId: number): Promise<void> {
  await tx.query(cancelOfStatement, [endpointId]);
}
