import { queryOptions } from "@tanstack/react-query";

import { answerOf, type ApiClient, type BellwireSchemas } from "./api-client.ts";
import type { Endpoint } from "./endpoint-queries.ts";

export type EventType = BellwireSchemas["EventType"];
export type EventTypeName = EventType["type"];

/** The catalogue. It only changes with a release. */
export const eventTypesQuery = (api: ApiClient) =>
  queryOptions({
    queryKey: ["event-types"],
    queryFn: async () => (await answerOf(api.GET("/api/v1/event_types"))).data,
    staleTime: Infinity,
  });

/** A sample of the event as a receiver would get it. */
export const sampleQuery = (api: ApiClient, type: EventTypeName, format: Endpoint["format"]) =>
  queryOptions({
    queryKey: ["event-types", type, "sample", format],
    queryFn: () =>
      answerOf(
        api.GET("/api/v1/event_types/{type}/sample", {
          params: { path: { type }, query: { format } },
          parseAs: "text",
        }),
      ),
    staleTime: Infinity,
  });
