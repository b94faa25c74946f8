import { Problem } from "#http/shared/problem.ts";
import { readEvent } from "#webhooks/events/index.ts";
import type { BellwireApiRoute } from "../bellwire-api-route.ts";
import * as operations from "./event-operations.ts";
import { representEventInFull } from "./represent-event.ts";

export const readEventRoute: BellwireApiRoute = async (http, { pool }) => {
  const options = { schema: operations.readEvent, config: { deed: "read-webhooks" } } as const;
  http.get("/events/:id", options, async (request) => {
    const event = await readEvent(pool, request.provider.id, request.params.id);
    if (!event) throw new Problem("not-found");
    return representEventInFull(event);
  });
};
