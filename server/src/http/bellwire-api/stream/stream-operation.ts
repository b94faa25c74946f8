import type { Readable } from "node:stream";
import { Type } from "typebox";
import { answers, limited } from "../route-schema.ts";

export const openStream = {
  tags: ["Stream"],
  operationId: "openStream",
  summary: "Follow what happens, as server-sent events",
  description:
    "`event`: an Event was recorded. `attempt`: an Attempt was made, with `delivery_id`, `event_id` and `endpoint_id`. " +
    "`delivery`: a Delivery is as it now is. `endpoint`: an Endpoint is as it now is, its URL masked. " +
    "`endpoint_deleted`: the one with this `id` is no more, and its pending deliveries are cancelled. " +
    "The data is JSON. Nothing that was recorded is skipped: after a break, send `Last-Event-ID`, as browsers do; some of it " +
    "may then come twice. The last event is `end` with a `reason`: `access-ended` (signed out, without the right or the " +
    "token, or the provider is suspended) or `reconnect`. A client that does not read is cut off.",
  response: {
    ...answers(Type.String()),
    ...limited,
    200: {
      description: "Ends after some minutes, to be opened again.",
      content: { "text/event-stream": { schema: Type.Unsafe<Readable>(Type.String()) } },
    },
  },
};
