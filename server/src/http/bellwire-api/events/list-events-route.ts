import { listEvents } from "#webhooks/events/index.ts";
import type { BellwireApiRoute } from "../bellwire-api-route.ts";
import { cutPage, pageLimit } from "../cut-page.ts";
import { cursorOf, readUuid, timesOf } from "../read-query.ts";
import * as operations from "./event-operations.ts";
import { representEvent } from "./represent-event.ts";

export const listEventsRoute: BellwireApiRoute = async (http, { pool }) => {
  const options = { schema: operations.listEvents, config: { deed: "read-webhooks" } } as const;
  http.get("/events", options, async (request) => {
    const { limit = pageLimit, after, type, object_id: objectId, account_id: accountId } = request.query;
    const events = await listEvents(pool, {
      providerId: request.provider.id,
      type,
      objectId,
      accountId,
      ...timesOf(request.query, ["since", "until"]),
      after: cursorOf(after, readUuid),
      limit: limit + 1,
    });
    return cutPage(events, limit, { show: representEvent, cursorOf: ({ id }) => id });
  });
};
