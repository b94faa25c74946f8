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

/** Of a row of `due` with its `payload` and `endpoint`. */
export const dueDeliveryColumns = `due.endpoint_id, due.event_id, due.due_at::text as "dueAt",
    due.ordering_key, due.attempts_made, due.round_start, due.replay, due.format,
    convert_from(payload.body, 'UTF8') as body, payload.context, endpoint.version as "endpointVersion"`;

// Due rows of each lane, in order, after the cursor: one statement for many small lanes and for one large one. Only the
// owner of a lane reads here, so no row is locked or written before it is sent.
//
// Reads due_lane_idx from the cursor to statement_timestamp(). With clock_timestamp(), which changes within a statement,
// the index could not be searched for the end, and every row that waits behind its key's head would be read. Payloads are
// read by primary key in one partition each; they carry the event's context, since joining events took a quarter of the
// statement. Bodies come as text: as bytea they would arrive as hex digits, which takes half of the driver's time.
const statement = `
  select ${dueDeliveryColumns}
  from unnest($1::bigint[], $2::timestamptz[], $3::uuid[], $4::integer[]) as lane (endpoint_id, due_at, event_id, places)
  join endpoints endpoint on endpoint.id = lane.endpoint_id
    and endpoint.active and endpoint.state = 'enabled' and endpoint.deleted_at is null
  cross join lateral (
    select * from due
    where due.endpoint_id = lane.endpoint_id and (due.due_at, due.event_id) > (lane.due_at, lane.event_id)
      and due.due_at <= statement_timestamp()
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
