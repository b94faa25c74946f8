import { queryOptions } from "@tanstack/react-query";
import { type ApiClient, type BellwireSchemas, pagesQuery, responseBody } from "./bellwire-client.ts";

export type HistoryEntry = BellwireSchemas["HistoryEntry"];
export type FieldChange = BellwireSchemas["FieldChange"];
export type EndpointNotification = BellwireSchemas["Notification"];
export type ObjectVersion = BellwireSchemas["ObjectVersion"];

/** An object with a history. */
export interface HistorySubject {
  readonly kind: "account" | "user" | "application";
  readonly id: number;
}

const historySpans = { day: 1, week: 7, month: 30 } as const;
export type HistorySpan = keyof typeof historySpans;

export interface HistoryFilter {
  /** Up to the present. Without it, everything that is kept. */
  readonly span?: HistorySpan;
  /** Leaves out the events of an account's users and applications. */
  readonly only?: "account";
}

/** The search parameters of the page: the filter, and the time of the version to show. */
export interface HistorySearch extends HistoryFilter {
  readonly at?: string;
}

/** Parses the filter from the page's address. Invalid values are ignored. */
export function readHistorySearch({ span, only, at }: Record<string, unknown>): HistorySearch {
  const knownSpan = (["day", "week", "month"] as const).find((name) => name === span);
  const moment = typeof at === "string" ? new Date(at) : undefined;
  return {
    ...(knownSpan && { span: knownSpan }),
    ...(only === "account" && { only }),
    ...(moment && !Number.isNaN(moment.getTime()) && { at: moment.toISOString() }),
  };
}

const dayMs = 86_400_000;

export const historyQuery = (api: ApiClient, { kind, id }: HistorySubject, { span, only }: HistoryFilter) =>
  pagesQuery(["history", kind, id, { span, only }], (page) => {
    const since = span && new Date(Date.now() - historySpans[span] * dayMs).toISOString();
    const query = { limit: 20, ...(since && { since }), ...page };
    const path = { id };
    switch (kind) {
      case "account": {
        const include: ("users" | "applications")[] = only ? [] : ["users", "applications"];
        return responseBody(
          api.GET("/api/v1/accounts/{id}/history", { params: { path, query: { ...query, include } } }),
        );
      }
      case "user":
        return responseBody(api.GET("/api/v1/users/{id}/history", { params: { path, query } }));
      case "application":
        return responseBody(api.GET("/api/v1/applications/{id}/history", { params: { path, query } }));
    }
  });

/** The object as it was at a time, which no later event changes. */
export const versionQuery = (api: ApiClient, { kind, id }: HistorySubject, at: string) =>
  queryOptions({
    queryKey: ["history", kind, id, "version", at],
    queryFn: () => {
      const params = { path: { id }, query: { at } };
      switch (kind) {
        case "account":
          return responseBody(api.GET("/api/v1/accounts/{id}/version", { params }));
        case "user":
          return responseBody(api.GET("/api/v1/users/{id}/version", { params }));
        case "application":
          return responseBody(api.GET("/api/v1/applications/{id}/version", { params }));
      }
    },
  });
