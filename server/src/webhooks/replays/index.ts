import { leavingProviders } from "#platform/database/connection.ts";
import { type Database, type Pool, queryRow, type Transaction } from "#platform/database/database.ts";
import { lastRowId, msOfUuidV7 } from "#platform/ids.ts";
import {
  type BodyFormat,
  bodyFormatOf,
  type DeliveryToRepeat,
  makeDueAgain,
  orderingKeyOf,
  type PreviousState,
} from "#webhooks/deliveries/index.ts";
import type { Endpoint } from "#webhooks/endpoints/index.ts";
import { storePayloads } from "#webhooks/events/index.ts";

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
export type ReplayCounts = Readonly<Record<PreviousState, number>>;

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
  const part = (msOfUuidV7(lastEvent) - since.getTime()) / Math.max(1, until.getTime() - since.getTime());
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
  where provider_id = $1 and ($2::bigint is null or endpoint_id = $2) and id < coalesce($3::bigint, ${lastRowId})
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
      and provider_id not in (${leavingProviders})
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

/** An event, and the state of its delivery to the endpoint. */
interface ExaminedEvent {
  readonly eventId: string;
  /** Null: pending, or excluded by the replay. */
  readonly was: PreviousState | null;
  readonly type: string;
  readonly objectId: number;
  readonly accountId: number;
  readonly sequence: number;
  /** Null: there is no delivery. */
  readonly format: BodyFormat | null;
}

const isChange = `split_part(event.type, '.', 1) in ('account', 'user', 'application')`;

// A pending delivery needs nothing. A missing delivery counts only if the endpoint subscribes to the event's type: $6
// are its event types. It gets no event about itself, as when events are recorded.
const previousState = `
  case
    when due.event_id is not null then null
    when $5::text[] is not null and event.type <> all($5) then null
    when failure.event_id is not null then case when $7 <> 'missing' then 'failed' end
    when ended.event_id is null then
      case when $7 <> 'failed' and case when ${isChange}
        then event.type = any($6::text[]) or '*' = any($6)
        else event.type = any($6) and event.object_id <> $2 end then 'missing' end
    when $7 = 'all' then case ended.state when 'delivered' then 'delivered' else 'givenUp' end
  end`;

const joins = `
  left join due on due.event_id = event.id and due.endpoint_id = $2
  left join failures failure
    on failure.provider_id = $1 and failure.endpoint_id = $2 and failure.event_id = event.id
  left join deliveries ended
    on ended.provider_id = $1 and ended.event_id = event.id and ended.endpoint_id = $2`;

// Walks the provider's events from the cursor by primary key, and reads each one's delivery by primary key. Returns
// excluded events too, because the cursor advances past them.
const chunkStatement = `
  select event.id as "eventId", ${previousState} as was, event.type, event.object_id, event.account_id,
    event.sequence, ended.format
  from (
    select * from events
    where provider_id = $1 and id > $3 and id < uuid_v7_floor(greatest($4::timestamptz, 'epoch'))
    order by id
    limit $8
  ) event
  ${joins}
  order by event.id`;

const countReplayableStatement = `
  select count(*) filter (where was = 'failed') as failed, count(*) filter (where was = 'missing') as missing,
    count(*) filter (where was = 'delivered') as delivered, count(*) filter (where was = 'givenUp') as "givenUp"
  from (
    select ${previousState} as was
    from events event
    ${joins}
    where event.provider_id = $1
      and event.id >= uuid_v7_floor(greatest($3::timestamptz, 'epoch'))
      and event.id < uuid_v7_floor(greatest($4::timestamptz, 'epoch'))
  ) examined`;

/** Counts the deliveries that a replay would send now. */
export const countReplayable = (
  db: Database,
  { providerId, endpointId, since, ...replay }: ReplayRange & { readonly subscribedTo: readonly string[] },
): Promise<ReplayCounts> =>
  queryRow<ReplayCounts>(db, countReplayableStatement, [
    providerId,
    endpointId,
    since,
    replay.until,
    replay.eventTypes,
    replay.subscribedTo,
    replay.only,
  ]);

/** Events examined per transaction: some tens of milliseconds, without locks that others wait for; seconds if bodies are large. */
const chunkMax = 500;

type ClaimedReplay = ReplayRange &
  Pick<Endpoint, "format" | "includeCredentials" | "ordering"> & {
    readonly id: number;
    readonly lastEvent: string;
    readonly subscribedTo: readonly string[];
    readonly isEndpointGone: boolean;
  };

// The replay that has waited longest, locked until its batch commits. Skips replays that another process works on, so
// no batch runs twice. By replays_running_idx, which contains only running ones.
const claim = `
  select replay.provider_id, replay.id, replay.endpoint_id, replay.since, replay.until,
    replay.event_types, replay.kind as only, replay.last_event, endpoint.format,
    endpoint.include_credentials as "includeCredentials", endpoint.ordering, endpoint.event_types as "subscribedTo",
    endpoint.deleted_at is not null as "isEndpointGone"
  from replays replay
  join endpoints endpoint on endpoint.provider_id = replay.provider_id and endpoint.id = replay.endpoint_id
  where replay.finished_at is null and replay.recorded_in < transactions_horizon()
    and replay.provider_id not in (${leavingProviders})
  order by replay.worked_at
  limit 1
  for update of replay skip locked`;

const advance = `
  update replays set last_event = $3, failed = failed + $4, missing = missing + $5, delivered = delivered + $6,
    given_up = given_up + $7, worked_at = clock_timestamp(), state = $8,
    finished_at = case when $8 <> 'running' then clock_timestamp() end
  where provider_id = $1 and id = $2`;

// Moves a replay that cannot continue to the end of the queue, so that it does not block the others.
const postpone = `update replays set worked_at = clock_timestamp() where id = $1 and finished_at is null`;

/**
 * Runs one batch of one replay: makes deliveries due and advances the cursor in one transaction, so a killed process
 * leaves nothing half done. Returns false if no replay is running.
 */
export async function workOnReplay(pool: Pool): Promise<boolean> {
  let claimed: ClaimedReplay | undefined;
  try {
    return await pool.inTransaction(async (tx) => {
      [claimed] = await tx.query<ClaimedReplay>(claim);
      if (claimed) await workChunk(tx, claimed);
      return claimed !== undefined;
    });
  } catch (error) {
    if (claimed) await pool.query(postpone, [claimed.id]);
    throw error;
  }
}

async function workChunk(tx: Transaction, replay: ClaimedReplay): Promise<void> {
  const { providerId, endpointId, lastEvent, until, eventTypes, subscribedTo, only } = replay;
  const values = [providerId, endpointId, lastEvent, until, eventTypes, subscribedTo, only, chunkMax];
  const examined = replay.isEndpointGone ? [] : await tx.query<ExaminedEvent>(chunkStatement, values);
  const { reached, sent } = await makeDue(tx, replay, examined);
  const count = (state: PreviousState): number => sent.filter(({ was }) => was === state).length;
  await tx.query(advance, [
    providerId,
    replay.id,
    reached.at(-1)?.eventId ?? lastEvent,
    count("failed"),
    count("missing"),
    count("delivered"),
    count("givenUp"),
    replay.isEndpointGone
      ? "cancelled"
      : reached.length === examined.length && examined.length < chunkMax
        ? "done"
        : "running",
  ]);
}

type Destination = Pick<ClaimedReplay, "providerId" | "endpointId" | "format" | "includeCredentials" | "ordering">;

interface MadeDue {
  /** The examined events up to the limit of bytes that are rendered in a transaction. */
  readonly reached: readonly ExaminedEvent[];
  readonly sent: readonly DeliveryToRepeat[];
}

/** Makes deliveries due. A previous delivery keeps its bytes. A missing one gets those of the endpoint's format. */
async function makeDue(tx: Transaction, replay: Destination, examined: readonly ExaminedEvent[]): Promise<MadeDue> {
  const format = bodyFormatOf(replay);
  const unsent = examined.filter(({ was }) => was === "missing").map(({ eventId }) => eventId);
  const stored = await storePayloads(tx, { providerId: replay.providerId, eventIds: unsent, format });
  const next = examined.findIndex(({ eventId }) => eventId === unsent[stored]);
  const reached = next === -1 ? examined : examined.slice(0, next);
  const deliveries = reached.flatMap(({ eventId, was, sequence, ...event }): readonly DeliveryToRepeat[] =>
    was === null
      ? []
      : [
          {
            eventId,
            was,
            format: event.format ?? format,
            orderingKey: orderingKeyOf(replay.ordering, event),
            sequence,
          },
        ],
  );
  return { reached, sent: await makeDueAgain(tx, replay, deliveries) };
}

const destinationStatement = `
  select provider_id, id as "endpointId", format, include_credentials, ordering, name = 'default' as is_default
  from endpoints
  where provider_id = $1 and id = $2 and deleted_at is null`;

// Every event without a pending delivery to the endpoint, whatever stopped it before, except those that no setting of the
// endpoint lets through (operationalGate).
const selectedStatement = `
  select event.id as "eventId", event.type, event.object_id, event.account_id, event.sequence, ended.format,
    case when ended.event_id is null then 'missing' when failure.event_id is not null then 'failed'
      when ended.state = 'delivered' then 'delivered' else 'givenUp' end as was
  from events event
  ${joins}
  where event.provider_id = $1 and event.id = any($3::uuid[]) and due.event_id is null
    and (ended.event_id is not null or ${isChange} or event.object_id <> $2 and not $4)
  order by event.id`;

interface Resent {
  readonly done: number;
  /** Events for another transaction, because the bodies are large. */
  readonly rest: readonly string[];
}

/**
 * Makes deliveries of these events to an endpoint due, as a replay does. Events that are neither done nor left for another transaction
 * have expired, are pending, or are never sent to the endpoint; all of them if it was deleted.
 */
export async function resendEvents(
  tx: Transaction,
  events: { readonly providerId: number; readonly endpointId: number; readonly eventIds: readonly string[] },
): Promise<Resent> {
  const { providerId, endpointId, eventIds } = events;
  const [destination] = await tx.query<Destination & { readonly isDefault: boolean }>(destinationStatement, [
    providerId,
    endpointId,
  ]);
  if (!destination) return { done: 0, rest: [] };
  const values = [providerId, endpointId, eventIds, destination.isDefault];
  const chosen = await tx.query<ExaminedEvent>(selectedStatement, values);
  const { reached, sent } = await makeDue(tx, destination, chosen);
  return { done: sent.length, rest: chosen.slice(reached.length).map(({ eventId }) => eventId) };
}
