import { recordAudit } from "#access/index.ts";
import { Problem } from "#http/shared/problem.ts";
import { cancelReplay, readReplay } from "#webhooks/replays/index.ts";
import type { BellwireApiRoute } from "../bellwire-api-route.ts";
import * as operations from "./replay-operations.ts";
import { representReplay } from "./represent-replay.ts";

export const cancelReplayRoute: BellwireApiRoute = async (http, { pool, callerOf }) => {
  const options = { schema: operations.cancelReplay, config: { deed: "change-webhooks" } } as const;
  http.post("/replays/:id/cancel", options, async (request) => {
    const { provider, params } = request;
    const { actor } = callerOf(request);
    const replay = await pool.inTransaction(async (tx) => {
      const cancelled = await cancelReplay(tx, provider.id, params.id);
      const audit = { providerId: provider.id, actor, subject: `replay/${params.id}`, detail: {} };
      if (cancelled) await recordAudit(tx, { ...audit, action: "replay.cancelled" });
      return cancelled;
    });
    if (replay) return representReplay(replay);
    throw (await readReplay(pool, provider.id, params.id))
      ? new Problem("conflict", { detail: "It has ended already." })
      : new Problem("not-found");
  });
};
