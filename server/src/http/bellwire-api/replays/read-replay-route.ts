import { Problem } from "#http/shared/problem.ts";
import { readReplay } from "#webhooks/replays/index.ts";
import type { BellwireApiRoute } from "../bellwire-api-route.ts";
import * as operations from "./replay-operations.ts";
import { representReplay } from "./represent-replay.ts";

export const readReplayRoute: BellwireApiRoute = async (http, { pool }) => {
  const options = { schema: operations.readReplay, config: { deed: "read-webhooks" } } as const;
  http.get("/replays/:id", options, async ({ provider, params }) => {
    const replay = await readReplay(pool, provider.id, params.id);
    if (!replay) throw new Problem("not-found");
    return representReplay(replay);
  });
};
