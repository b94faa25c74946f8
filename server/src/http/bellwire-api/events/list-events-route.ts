import { followEvents, listEvents, startOfFeed, type FeedCursor } from "#webhooks/events/index.ts";
import type { BellwireApiRoute } from "../bellwire-api-route.ts";
import { cutPage, pageLimit } from "../cut-page.ts";
import { cursorOf, readId, readUuid, timesOf } from "../read-query.ts";
import * as operations from "./event-operations.ts";
import { representEvent } from "./represent-event.ts";

export const listEventsRoute: BellwireApiRoute = async (http, { pool }) => {
  const options = { schema: operations.listEvents, config: { deed: "read-webhooks" } } as const;
  http.get("/events", options, async (request) => {
    const { limit = pageLimit, order, after, type, object_id: objectId, account_id: accountId } = request.query;
    const times = timesOf(request.query, ["since", "until"]);
    const filter = { providerId: request.provider.id, type, objectId, accountId, ...times };
    if (order === "oldest") {
      const from = cursorOf(after, readFeedCursor) ?? startOfFeed;
      const events = await followEvents(pool, { ...filter, after: from, limit });
      return { data: events.map(representEvent), next: feedCursor(events.at(-1) ?? from) };
    }
    const events = await listEvents(pool, { ...filter, after: cursorOf(after, readUuid), limit: limit + 1 });
    return cutPage(events, limit, { show: representEvent, cursorOf: ({ id }) => id });
  });
};

const feedCursor = ({ recordedIn, id }: FeedCursor): string => `${recordedIn}~${id}`;

function readFeedCursor(text: string): FeedCursor | undefined {
  const [number = "", uuid = ""] = text.split("~");
  const [recordedIn, id] = [readId(number), readUuid(uuid)];
  return recordedIn !== undefined && id !== undefined ? { recordedIn, id } : undefined;
}
