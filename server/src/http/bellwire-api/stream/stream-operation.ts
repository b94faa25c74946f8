import { Type } from "typebox";
import { answers } from "../route-schema.ts";

export const openStream = {
  tags: ["Stream"],
  operationId: "openStream",
  summary: "Follow what happens, as server-sent events",
  description:
    "`event`: an Event was recorded. `attempt`: an Attempt was made, with `delivery_id`, `event_id` and `endpoint_id`. " +
    "`delivery`: a Delivery is as it now is. `endpoint`: an Endpoint is as it now is, its URL masked, or " +
    '`{"id": …, "deleted": true}`. The data is JSON. Nothing is skipped: after a break, send `Last-Event-ID`, as browsers do.',
  response: {
    ...answers(Type.String()),
    200: { description: "Never ends.", content: { "text/event-stream": { schema: Type.String() } } },
  },
};
