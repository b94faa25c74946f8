import type { Database } from "#platform/database/database.ts";
import type { BodyFormat } from "#webhooks/deliveries/index.ts";

import type { ReplayCounts, ReplayRange } from "./replay.ts";

/** What a delivery that can be replayed was before. */
export type Replayable = keyof ReplayCounts;

/** An event, and what has become of it at the endpoint. */
export interface ExaminedEvent {
  readonly eventId: string;
  /** Null: it is due already, or not asked for. */
  readonly was: Replayable | null;
  readonly type: string;
  readonly objectId: number;
  readonly accountId: number;
  readonly sequence: number;
  /** Null: it was never sent. */
  readonly format: BodyFormat | null;
  readonly attemptsMade: number;
  readonly replay: number;
}

// An event whose delivery is due needs nothing. One that the endpoint has no delivery of is missing only if the endpoint
// wants its type: $6 are the types that it is subscribed to.
const was = `
  case
    when due.event_id is not null then null
    when $5::text[] is not null and event.type <> all($5) then null
    when failure.event_id is not null then case when $7 <> 'missing' then 'failed' end
    when ended.event_id is null then
      case when $7 <> 'failed' and ('*' = any($6::text[]) or event.type = any($6)) then 'missing' end
    when $7 = 'all' then case ended.state when 'delivered' then 'delivered' else 'givenUp' end
  end`;

const joins = `
  left join due on due.event_id = event.id and due.endpoint_id = $2
  left join failures failure
    on failure.provider_id = $1 and failure.endpoint_id = $2 and failure.event_id = event.id
  left join deliveries ended
    on ended.provider_id = $1 and ended.event_id = event.id and ended.endpoint_id = $2`;

// Up the provider's events by primary key from the cursor on, each one's deliveries by primary key. What is not wanted is
// given, too: the cursor goes on behind it.
const chunk = `
  select event.id as "eventId", ${was} as was, event.type, event.object_id, event.account_id,
    event.sequence, ended.format, coalesce(ended.attempts_made, 0) as "attemptsMade", coalesce(ended.replay, 0) as replay
  from (
    select * from events
    where provider_id = $1 and id > $3 and id < uuid_v7_floor(greatest($4::timestamptz, 'epoch'))
    order by id
    limit $8
  ) event
  ${joins}
  order by event.id`;

export interface ChunkToFind extends Omit<ReplayRange, "since"> {
  readonly after: string;
  readonly subscribedTo: readonly string[];
  readonly limit: number;
}

export async function findReplayable(db: Database, it: ChunkToFind): Promise<ExaminedEvent[]> {
  return db.query<ExaminedEvent>(chunk, [
    it.providerId,
    it.endpointId,
    it.after,
    it.until,
    it.eventTypes,
    it.subscribedTo,
    it.only,
    it.limit,
  ]);
}

const count = `
  select count(*) filter (where was = 'failed') as failed, count(*) filter (where was = 'missing') as missing,
    count(*) filter (where was = 'delivered') as delivered, count(*) filter (where was = 'givenUp') as "givenUp"
  from (
    select ${was} as was
    from events event
    ${joins}
    where event.provider_id = $1
      and event.id >= uuid_v7_floor(greatest($3::timestamptz, 'epoch'))
      and event.id < uuid_v7_floor(greatest($4::timestamptz, 'epoch'))
  ) examined`;

/** What a replay would send, if it began and ended now. */
export async function countReplayable(
  db: Database,
  it: ReplayRange & { readonly subscribedTo: readonly string[] },
): Promise<ReplayCounts> {
  const values = [it.providerId, it.endpointId, it.since, it.until, it.eventTypes, it.subscribedTo, it.only];
  const [counts] = await db.query<ReplayCounts>(count, values);
  return counts ?? { failed: 0, missing: 0, delivered: 0, givenUp: 0 };
}
