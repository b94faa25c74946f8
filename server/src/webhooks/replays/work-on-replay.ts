import type { Pool, Transaction } from "#platform/database/database.ts";
import { bodyFormatOf, orderingKeyOf, reviveDeliveries, type DeliveryToRevive } from "#webhooks/deliveries/index.ts";
import type { Endpoint } from "#webhooks/endpoints/index.ts";
import { storePayloads } from "#webhooks/events/index.ts";

import { findReplayable, type ExaminedEvent, type Replayable } from "./find-replayable.ts";
import type { ReplayRange } from "./replay.ts";

/** Events looked at in one transaction: some tens of milliseconds, and rows that nobody waits for. */
const chunkMax = 500;

type ClaimedReplay = ReplayRange &
  Pick<Endpoint, "format" | "includeCredentials" | "ordering"> & {
    readonly id: number;
    readonly lastEvent: string;
    readonly subscribedTo: readonly string[];
    readonly isEndpointGone: boolean;
  };

// The replay that has waited longest, locked until its chunk has been committed. One that another process works on is
// passed by, so that no chunk is done twice. By replays_running_idx, which holds the running ones alone.
const claim = `
  select replay.provider_id, replay.id, replay.endpoint_id, replay.since, replay.until,
    replay.event_types, replay.kind as only, replay.last_event, endpoint.format,
    endpoint.include_credentials as "includeCredentials", endpoint.ordering, endpoint.event_types as "subscribedTo",
    endpoint.deleted_at is not null as "isEndpointGone"
  from replays replay
  join endpoints endpoint on endpoint.provider_id = replay.provider_id and endpoint.id = replay.endpoint_id
  where replay.finished_at is null and replay.recorded_in < transactions_horizon()
  order by replay.worked_at
  limit 1
  for update of replay skip locked`;

const advance = `
  update replays set last_event = $3, failed = failed + $4, missing = missing + $5, delivered = delivered + $6,
    given_up = given_up + $7, worked_at = clock_timestamp(), state = $8,
    finished_at = case when $8 <> 'running' then clock_timestamp() end
  where provider_id = $1 and id = $2`;

// At the end of the queue: a replay that cannot go on must not keep the others from it.
const postpone = `update replays set worked_at = clock_timestamp() where id = $1 and finished_at is null`;

/**
 * Works one chunk of one replay: what it finds is made due, and the replay's cursor goes on, in one transaction. Whoever is
 * killed in between has done nothing, and whoever comes next goes on there. False when there is nothing to do.
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
  const examined = replay.isEndpointGone
    ? []
    : await findReplayable(tx, { ...replay, after: replay.lastEvent, limit: chunkMax });
  const chosen = examined.filter(({ was }) => was !== null);
  await makeDue(tx, replay, chosen);
  const count = (wanted: Replayable): number => chosen.filter(({ was }) => was === wanted).length;
  await tx.query(advance, [
    replay.providerId,
    replay.id,
    examined.at(-1)?.eventId ?? replay.lastEvent,
    count("failed"),
    count("missing"),
    count("delivered"),
    count("givenUp"),
    replay.isEndpointGone ? "cancelled" : examined.length < chunkMax ? "done" : "running",
  ]);
}

/** What was sent before keeps its bytes; what was not gets those of the endpoint's format. */
async function makeDue(tx: Transaction, replay: ClaimedReplay, chosen: readonly ExaminedEvent[]): Promise<void> {
  const format = bodyFormatOf(replay);
  const unsent = chosen.filter((event) => event.format === null).map(({ eventId }) => eventId);
  await storePayloads(tx, { providerId: replay.providerId, eventIds: unsent, format });
  const deliveries = chosen.map((event): DeliveryToRevive => ({
    eventId: event.eventId,
    format: event.format ?? format,
    orderingKey: orderingKeyOf(replay.ordering, event),
    sequence: event.sequence,
    attemptsMade: event.attemptsMade,
    replay: event.replay + (event.was === "delivered" ? 1 : 0),
  }));
  await reviveDeliveries(tx, replay, deliveries);
}
