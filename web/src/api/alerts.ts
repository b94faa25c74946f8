import { queryOptions } from "@tanstack/react-query";
import { type ApiClient, type BellwireSchemas, pagesQuery, responseBody } from "./bellwire-client.ts";

export type Alert = BellwireSchemas["Alert"];
export type AlertRule = BellwireSchemas["AlertRule"];
export type AlertKind = AlertRule["kind"];

const openAlertsMax = 200;

/** Alerts are evaluated each minute. The stream does not report them. */
const pollMs = 30_000;

/** The open alerts, newest first, muted ones included. */
export const openAlertsQuery = (api: ApiClient) =>
  queryOptions({
    queryKey: ["alerts", "open"],
    queryFn: async () =>
      (await responseBody(api.GET("/api/v1/alerts", { params: { query: { state: "open", limit: openAlertsMax } } })))
        .data,
    refetchInterval: pollMs,
  });

export const pastAlertsQuery = (api: ApiClient) =>
  pagesQuery(["alerts", "past"], (page) =>
    responseBody(api.GET("/api/v1/alerts", { params: { query: { state: "closed", limit: 20, ...page } } })),
  );

export const alertRulesQuery = (api: ApiClient) =>
  queryOptions({
    queryKey: ["alerts", "rules"],
    queryFn: async () => (await responseBody(api.GET("/api/v1/alert-rules"))).data,
  });

/** The words for kinds and thresholds. Thresholds are edited in the unit, and stored times `scale`. */
export const alertKinds = {
  success_rate: { title: "Low success rate", unit: "%", problemSide: "below", scale: 0.01 },
  latency_p95: { title: "Slow responses (95th percentile)", unit: "ms", problemSide: "above", scale: 1 },
  oldest_waiting: { title: "Late deliveries (oldest waiting)", unit: "minutes", problemSide: "above", scale: 60 },
  certificate: { title: "Certificate expires soon", unit: "days", problemSide: "below", scale: 1 },
  disabled: { title: "Endpoint disabled", unit: "", problemSide: "present", scale: 1 },
  exhausted: { title: "Deliveries exhausted", unit: "", problemSide: "present", scale: 1 },
} as const satisfies Record<AlertKind, object>;

const isKind = (name: string): name is AlertKind => name in alertKinds;
export const alertKindNames: readonly AlertKind[] = Object.keys(alertKinds).filter(isKind);

/** Returns the number that a form shows for a stored threshold. */
export const shownThreshold = (kind: AlertKind, stored: number | null): string =>
  stored === null ? "" : String(Math.round((stored / alertKinds[kind].scale) * 1000) / 1000);

/** Returns the threshold to store, or undefined if the text is not a number. */
export function storedThreshold(kind: AlertKind, typed: string): number | undefined {
  const number = Number(typed);
  return typed.trim() === "" || !Number.isFinite(number) ? undefined : number * alertKinds[kind].scale;
}

/** Describes a rule in a sentence. */
export function describeRule(rule: AlertRule): string {
  const { kind, threshold, clear_threshold, for_seconds, clear_for_seconds } = rule;
  const { unit, problemSide } = alertKinds[kind];
  const lasting = (seconds: number): string => (seconds === 0 ? "" : ` for ${minutes(seconds)}`);
  if (problemSide === "present") {
    const closing = clear_for_seconds === 0 ? "with the recovery" : `after a recovery${lasting(clear_for_seconds)}`;
    return `Opens${lasting(for_seconds) || " at once"}. Closes ${closing}.`;
  }
  const at = (stored: number | null): string => `${grouped(shownThreshold(kind, stored))}\u00A0${unit}`;
  const better = problemSide === "below" ? "at least" : "at most";
  return (
    `Opens ${problemSide} ${at(threshold)}${lasting(for_seconds)}. ` +
    `Closes with ${better} ${at(clear_threshold)}${lasting(clear_for_seconds)}.`
  );
}

/** Returns "10,000" for "10000". */
const grouped = (number: string): string => (number === "" ? "" : Number(number).toLocaleString("en"));

const minutes = (seconds: number): string =>
  seconds % 60 === 0 ? `${seconds / 60} ${seconds === 60 ? "minute" : "minutes"}` : `${seconds} seconds`;
