import { parseRowId } from "#platform/ids.ts";
import { type FeedCursor, followEvents, listEvents, startOfFeed } from "#webhooks/events/index.ts";
import type { BellwireApiRoute } from "../bellwire-api-route.ts";
import { cutPage, pageLimit } from "../cut-page.ts";
import { cursorOf, readUuid, timesOf } from "../read-query.ts";
import { createCursorSeal } from "../sealed-cursor.ts";
import * as operations from "./event-operations.ts";
import { representEvent } from "./represent-event.ts";

export const listEventsRoute: BellwireApiRoute = async (http, { pool, encryption }) => {
  const cursors = createCursorSeal(encryption);
  const options = { schema: operations.listEvents, config: { deed: "read-webhooks" } } as const;
  http.get("/events", options, async (request) => {
    const { limit = pageLimit, order, after, type, object_id: objectId, account_id: accountId } = request.query;
    const times = timesOf(request.query, ["since", "until"]);
    const providerId = request.provider.id;
    const filter = { providerId, type, objectId, accountId, ...times };
    if (order === "oldest") {
      const from = cursorOf(after, (text) => readFeedCursor(cursors.open(providerId, text))) ?? startOfFeed;
      const events = await followEvents(pool, { ...filter, after: from, limit });
      const last = events.at(-1);
      const next = last || after === undefined ? cursors.seal(providerId, feedCursor(last ?? from)) : after;
      return { data: events.map(representEvent), next };
    }
    const events = await listEvents(pool, { ...filter, after: cursorOf(after, readUuid), limit: limit + 1 });
    return cutPage(events, limit, { show: representEvent, cursorOf: ({ id }) => id });
  });
};

const feedCursor = ({ recordedIn, id }: FeedCursor): string => `${recordedIn}~${id}`;

function readFeedCursor(text = ""): FeedCursor | undefined {
  const [number = "", uuid = ""] = text.split("~");
  const [recordedIn, id] = [number === "0" ? 0 : parseRowId(number), readUuid(uuid)];
  return recordedIn !== undefined && id !== undefined ? { recordedIn, id } : undefined;
}
