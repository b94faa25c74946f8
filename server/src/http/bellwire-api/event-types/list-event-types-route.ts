import { eventCatalogue } from "#webhooks/events/index.ts";
import type { BellwireApiRoute } from "../bellwire-api-route.ts";
import * as operations from "./event-type-operations.ts";

export const listEventTypesRoute: BellwireApiRoute = async (http) => {
  const data = eventCatalogue.map(({ type, switchName, label, group, doors }) => ({
    type,
    switch: switchName,
    label,
    group,
    doors: [...doors],
  }));
  const options = { schema: operations.listEventTypes, config: { deed: "read-webhooks" } } as const;
  http.get("/event_types", options, async () => ({ data }));
};
