import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import {
  type ApiClient,
  type BellwireSchemas,
  type PageQuery,
  followedByStream,
  pagesQuery,
  responseBody,
} from "./bellwire-client.ts";
import { rowsPerPage } from "./deliveries.ts";
import type { Endpoint } from "./endpoints.ts";
import { eventTypeNames } from "./facts.ts";
import { type ListFilter, filterQuery } from "./filters.ts";

export type Event = BellwireSchemas["Event"];
export type EventDetails = BellwireSchemas["EventDetails"];
export type Verdict = BellwireSchemas["Verdict"];

export interface EventFilter {
  readonly type?: EventTypeName;
  readonly account_id?: number;
}

/** Lists events where a page shows a few. Any message about an event reads them again. */
export const eventsQuery = (api: ApiClient, filter: EventFilter, limit = 50) =>
  pagesQuery(["events", "list", filter, limit], (page) =>
    responseBody(api.GET("/api/v1/events", { params: { query: { ...filter, limit, ...page } } })),
  );

export const readEventPage = (api: ApiClient, filter: ListFilter, page: PageQuery = {}) =>
  responseBody(
    api.GET("/api/v1/events", { params: { query: { ...filterQuery(filter), limit: rowsPerPage, ...page } } }),
  );

/** Lists events on their own page, which follows the stream row by row. */
export const eventPagesQuery = (api: ApiClient, filter: ListFilter) =>
  infiniteQueryOptions({
    ...pagesQuery(["event pages", filter], (page) => readEventPage(api, filter, page)),
    ...followedByStream,
  });

export const eventQuery = (api: ApiClient, id: string) =>
  queryOptions({
    queryKey: ["events", "one", id],
    queryFn: () => responseBody(api.GET("/api/v1/events/{id}", { params: { path: { id } } })),
  });

export type EventType = BellwireSchemas["EventType"];
export type EventTypeName = EventType["type"];

/** Reads the catalogue of event types, which changes only with a release. */
export const eventTypesQuery = (api: ApiClient) =>
  queryOptions({
    queryKey: ["event-types"],
    queryFn: async () => (await responseBody(api.GET("/api/v1/event_types"))).data,
    staleTime: Infinity,
  });

/** Renders a sample of the event as a receiver gets it. */
export const sampleQuery = (api: ApiClient, type: EventTypeName, format: Endpoint["format"]) =>
  queryOptions({
    queryKey: ["event-types", type, "sample", format],
    queryFn: () =>
      responseBody(
        api.GET("/api/v1/event_types/{type}/sample", {
          params: { path: { type }, query: { format } },
          parseAs: "text",
        }),
      ),
    staleTime: Infinity,
  });

/** Returns true for events about endpoints, which 3scale's webhook never gets, and which an endpoint must name. */
export const isOperational = (type: string): boolean => !/^(account|user|application)\./.test(type);

/** Checks a value from the page's address. */
export const isEventTypeName = (text: unknown): text is EventTypeName => eventTypeNames.some((name) => name === text);
