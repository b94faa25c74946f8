import { parseRowId } from "#platform/ids.ts";
import { listReplays } from "#webhooks/replays/index.ts";
import type { BellwireApiRoute } from "../bellwire-api-route.ts";
import { cutPage, pageLimit } from "../cut-page.ts";
import { cursorOf } from "../read-query.ts";
import * as operations from "./replay-operations.ts";
import { representReplay } from "./represent-replay.ts";

export const listReplaysRoute: BellwireApiRoute = async (http, { pool }) => {
  const options = { schema: operations.listReplays, config: { deed: "read-webhooks" } } as const;
  http.get("/replays", options, async ({ provider, query }) => {
    const { limit = pageLimit, after, endpoint_id: endpointId } = query;
    const beforeId = cursorOf(after, parseRowId);
    const replays = await listReplays(pool, { providerId: provider.id, endpointId, beforeId, limit: limit + 1 });
    return cutPage(replays, limit, { show: representReplay, cursorOf: ({ id }) => String(id) });
  });
};
