import type { BellwireApiRoute } from "../bellwire-api-route.ts";
import { allEventTypes } from "./all-event-types.ts";
import * as operations from "./event-type-operations.ts";

export const listEventTypesRoute: BellwireApiRoute = async (http) => {
  const options = { schema: operations.listEventTypes, config: { deed: "read-webhooks" } } as const;
  http.get("/event_types", options, async () => allEventTypes());
};
