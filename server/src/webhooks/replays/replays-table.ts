import type { Database, Transaction } from "#platform/database/database.ts";

import type { Replay, ReplayRange } from "./replay.ts";

const columns = `
  provider_id, id, endpoint_id, since, until, event_types, kind as only,
  last_event, failed, missing, delivered, given_up, state, created_at,
  finished_at`;

const insert = `
  insert into replays (provider_id, endpoint_id, since, until, event_types, kind, last_event)
  values ($1, $2, $3, $4, $5, $6, uuid_v7_floor(greatest($3::timestamptz, 'epoch')))
  on conflict (endpoint_id) where finished_at is null do nothing
  returning ${columns}`;

/** Asks for a replay. Undefined when one of this endpoint is under way. */
export async function startReplay(tx: Transaction, range: ReplayRange): Promise<Replay | undefined> {
  const { providerId, endpointId, since, until, eventTypes, only } = range;
  const [replay] = await tx.query<Replay>(insert, [providerId, endpointId, since, until, eventTypes, only]);
  if (replay) tx.hintAfterCommit("replays", "");
  return replay;
}

const read = `select ${columns} from replays where provider_id = $1 and id = $2`;

export async function readReplay(db: Database, providerId: number, id: number): Promise<Replay | undefined> {
  const [replay] = await db.query<Replay>(read, [providerId, id]);
  return replay;
}

const list = `
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
  return db.query<Replay>(list, [filter.providerId, filter.endpointId, filter.beforeId, filter.limit]);
}

const cancel = `
  update replays set state = 'cancelled', finished_at = clock_timestamp()
  where provider_id = $1 and id = $2 and finished_at is null
  returning ${columns}`;

/** Stops a replay after the chunk that is being worked. What it has made due stays. Undefined when it is not running. */
export async function cancelReplay(tx: Transaction, providerId: number, id: number): Promise<Replay | undefined> {
  const [replay] = await tx.query<Replay>(cancel, [providerId, id]);
  return replay;
}
