import type { Database, Transaction } from "#platform/database/database.ts";

/** `failed`: what is on the list of failures. `missing`: what there is no delivery for. `all`: these, and what had ended. */
export type ReplayKind = "failed" | "missing" | "all";

/** What is to be sent again to which endpoint. */
export interface ReplayRange {
  readonly providerId: number;
  readonly endpointId: number;
  /** Of the events; included. */
  readonly since: Date;
  /** Excluded. */
  readonly until: Date;
  /** Null: all. */
  readonly eventTypes: readonly string[] | null;
  readonly only: ReplayKind;
}

/** Deliveries, by what they were before. */
export interface ReplayCounts {
  readonly failed: number;
  readonly missing: number;
  readonly delivered: number;
  /** Cancelled, or failed and taken off the list. */
  readonly givenUp: number;
}

export interface Replay extends ReplayRange, ReplayCounts {
  readonly id: number;
  readonly state: "running" | "done" | "cancelled";
  /** Events up to this id have been dealt with. */
  readonly lastEvent: string;
  readonly createdAt: Date;
  readonly finishedAt: Date | null;
}

/** How much of the time that it is about has been worked through, from 0 to 1. */
export function progressOf({ state, since, until, lastEvent }: Replay): number {
  if (state === "done") return 1;
  const at = Number.parseInt(lastEvent.replaceAll("-", "").slice(0, 12), 16); // a UUIDv7 begins with its milliseconds
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

/** Asks for a replay. Undefined when one of this endpoint is under way. */
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

/** Newest first. */
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

/** Stops a replay after the chunk that is being worked. What it has made due stays. Undefined when it is not running. */
export async function cancelReplay(tx: Transaction, providerId: number, id: number): Promise<Replay | undefined> {
  const [replay] = await tx.query<Replay>(cancelStatement, [providerId, id]);
  return replay;
}

// Rows of all providers, the first to be over first; those that another process deletes are skipped. Served by
// replays_finished_idx.
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

/** A transaction of some 10 ms, whatever has gathered. */
const deleteBatchRows = 1000;

/** Deletes some of the replays that were over before the history begins, and gives how many: more may be left, until none. */
export const deleteOldReplays = async (db: Database, now: Date, retentionDays: number): Promise<number> =>
  (await db.query(deleteOldStatement, [now, retentionDays, deleteBatchRows])).length;
