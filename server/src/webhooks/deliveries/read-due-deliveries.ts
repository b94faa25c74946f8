import type { Database } from "#platform/database/database.ts";

import type { BodyFormat } from "./body-format.ts";
import type { EventContext } from "./event-context.ts";

/**
 * How far a lane has been read. Times are PostgreSQL's text in UTC, which sorts like the times themselves: a JavaScript
 * Date would lose the microseconds.
 */
export interface LaneCursor {
  readonly dueAt: string;
  readonly eventId: string;
}

export const startOfLane: LaneCursor = { dueAt: "-infinity", eventId: "00000000-0000-0000-0000-000000000000" };

export interface LaneToRead {
  readonly endpointId: number;
  readonly after: LaneCursor;
  readonly limit: number;
}

/** One event for one endpoint, with all that a request needs beside the endpoint's own settings. */
export interface DueDelivery {
  readonly endpointId: number;
  readonly eventId: string;
  readonly dueAt: string;
  readonly orderingKey: string | null;
  readonly attemptsMade: number;
  readonly roundStart: number;
  readonly replay: number;
  readonly format: BodyFormat;
  /** What is sent, byte for byte, as UTF-8. */
  readonly body: string;
  readonly context: EventContext;
  /** The endpoint's, now: the settings are read again when it differs from those at hand. */
  readonly endpointVersion: number;
}

// What is due in each of the lanes, in order, behind what their owner has already taken: one statement for many small
// lanes and for one large one. The owner alone reads here, so no row is locked or written before it is sent. Served by
// due_lane_idx from the cursor on, and payloads by primary key, in one partition each: looking up the event as well, for
// what the payload's context says, took a quarter of the statement. Bodies are UTF-8, since they are
// rendered as text, and come as such: as bytes they would come as digits, which takes the driver half of its time, and so
// would moments as dates.
const statement = `
  select lane.endpoint_id as "endpointId", due.event_id as "eventId", due.due_at::text as "dueAt", due.ordering_key as "orderingKey",
    due.attempts_made as "attemptsMade", due.round_start as "roundStart", due.replay, due.format, convert_from(payload.body, 'UTF8') as body,
    payload.context, endpoint.version as "endpointVersion"
  from unnest($1::bigint[], $2::timestamptz[], $3::uuid[], $4::integer[]) as lane (endpoint_id, due_at, event_id, places)
  join endpoints endpoint on endpoint.id = lane.endpoint_id
    and endpoint.active and endpoint.state = 'enabled' and endpoint.deleted_at is null
  cross join lateral (
    select * from due
    where due.endpoint_id = lane.endpoint_id and (due.due_at, due.event_id) > (lane.due_at, lane.event_id)
      and due.due_at <= clock_timestamp()
    order by due.due_at, due.event_id
    limit lane.places
  ) due
  join payloads payload
    on payload.provider_id = due.provider_id and payload.event_id = due.event_id and payload.format = due.format
  order by due.endpoint_id, due.due_at, due.event_id`;

export async function readDueDeliveries(db: Database, lanes: readonly LaneToRead[]): Promise<DueDelivery[]> {
  if (lanes.length === 0) return [];
  return db.query<DueDelivery>(statement, [
    lanes.map((lane) => lane.endpointId),
    lanes.map((lane) => lane.after.dueAt),
    lanes.map((lane) => lane.after.eventId),
    lanes.map((lane) => lane.limit),
  ]);
}
