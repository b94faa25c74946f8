import { recordAudit } from "#access/index.ts";
import { Problem } from "#http/shared/problem.ts";
import { readEndpoint } from "#webhooks/endpoints/index.ts";
import { type ReplayRange, countReplayable, startReplay } from "#webhooks/replays/index.ts";
import type { BellwireApiRoute } from "../bellwire-api-route.ts";
import { timesOf } from "../read-query.ts";
import * as operations from "./replay-operations.ts";
import { representCounts, representRange, representReplay } from "./represent-replay.ts";

export const createReplayRoute: BellwireApiRoute = async (http, { pool, encryption, clock, callerOf }) => {
  const options = { schema: operations.createReplay, config: { deed: "change-webhooks" } } as const;
  http.post("/replays", options, async (request, reply) => {
    const { provider, body } = request;
    const range = rangeOf(provider.id, body, clock.now());
    const endpoint = await readEndpoint(pool, encryption, { providerId: provider.id, id: body.endpoint_id });
    if (!endpoint) throw new Problem("invalid", { errors: { endpoint_id: ["is no endpoint of yours"] } });
    if (body.dry_run === true) {
      const counts = await countReplayable(pool, { ...range, subscribedTo: endpoint.eventTypes });
      return { dry_run: true as const, ...representRange(range), counts: representCounts(counts) };
    }
    const { actor } = callerOf(request);
    const replay = await pool.inTransaction(async (tx) => {
      const started = await startReplay(tx, range);
      const audit = {
        providerId: provider.id,
        actor,
        subject: `endpoint/${endpoint.id}`,
        detail: representRange(range),
      };
      if (started) await recordAudit(tx, { ...audit, action: "replay.started" });
      return started;
    });
    if (!replay) throw new Problem("conflict", { detail: "A replay of this endpoint is under way." });
    return reply.code(201).header("location", `/api/v1/replays/${replay.id}`).send(representReplay(replay));
  });
};

interface Wanted {
  readonly endpoint_id: number;
  readonly since: string;
  readonly until?: string;
  readonly event_types?: readonly string[] | null;
  readonly only: ReplayRange["only"];
}

/** What is yet to happen is no part of a replay, which has an end. */
function rangeOf(providerId: number, wanted: Wanted, now: Date): ReplayRange {
  const { since = now, until = now } = timesOf(wanted, ["since", "until"]);
  const end = until < now ? until : now;
  if (since >= end) {
    throw new Problem("invalid", { errors: { since: ["must be before `until`, and in the past"] } });
  }
  const { endpoint_id: endpointId, event_types: eventTypes = null, only } = wanted;
  return { providerId, endpointId, since, until: end, eventTypes, only };
}
