import type { Endpoint } from "../../api/endpoint-queries.ts";
import type { EventType, EventTypeName } from "../../api/event-type-queries.ts";
import { readWaits, writeWaits } from "./retry-waits.ts";
import type { BellwireSchemas } from "../../api/api-client.ts";

export interface HeaderLine {
  readonly name: string;
  readonly value: string;
}

/** What the form holds: what is typed as text, until it is sent. */
export interface EndpointDraft extends Pick<
  Endpoint,
  | "name"
  | "url"
  | "active"
  | "provider_actions"
  | "all_actors"
  | "format"
  | "success"
  | "ordering"
  | "include_credentials"
> {
  readonly description: string;
  readonly sendsAll: boolean;
  readonly switches: ReadonlySet<EventTypeName>;
  readonly headers: readonly HeaderLine[];
  readonly waits: string;
  readonly timeout: string;
  readonly inFlight: string;
  readonly perSecond: string;
}

/** What follows from the format as long as nobody chooses otherwise. Without waits, Bellwire takes those of the format. */
const whatFollows = (format: Endpoint["format"]) =>
  format === "3scale"
    ? ({ success: "200", timeout: "60", ordering: "none" } as const)
    : ({ success: "2xx", timeout: "15", ordering: "account" } as const);

export const newDraft = (format: Endpoint["format"]): EndpointDraft => ({
  name: "",
  url: "",
  description: "",
  active: true,
  sendsAll: true,
  switches: new Set(),
  provider_actions: true,
  all_actors: true,
  format,
  headers: [],
  waits: "",
  inFlight: "",
  perSecond: "",
  include_credentials: false,
  ...whatFollows(format),
});

/** The saved endpoint as the form shows it. */
export function draftOf(endpoint: Endpoint, types: readonly EventType[]): EndpointDraft {
  const { event_types, headers, retry_waits_seconds, timeout_seconds, max_in_flight, max_per_second } = endpoint;
  return {
    ...endpoint,
    description: endpoint.description ?? "",
    sendsAll: event_types.includes("*"),
    switches: new Set(types.map(({ type }) => type).filter((type) => event_types.includes(type))),
    headers: Object.entries(headers).map(([name, value]) => ({ name, value })),
    waits: writeWaits(retry_waits_seconds),
    timeout: String(timeout_seconds),
    inFlight: max_in_flight?.toString() ?? "",
    perSecond: max_per_second?.toString() ?? "",
  };
}

/** What was typed, as the API takes it. What was not touched is left out. */
export function bodyOf(typed: Partial<EndpointDraft>): BellwireSchemas["EndpointChange"] {
  const { description, sendsAll, switches, headers, waits, timeout, inFlight, perSecond, ...same } = typed;
  const retry_waits_seconds = waits === undefined ? undefined : readWaits(waits);
  return {
    ...same,
    ...(description !== undefined && { description: description || null }),
    ...(sendsAll !== undefined && switches && { event_types: sendsAll ? ["*"] : [...switches] }),
    ...(headers && { headers: Object.fromEntries(namedOf(headers)) }),
    ...(retry_waits_seconds && { retry_waits_seconds }),
    ...(timeout !== undefined && { timeout_seconds: Number(timeout) }),
    ...(inFlight !== undefined && { max_in_flight: numberOrNone(inFlight) }),
    ...(perSecond !== undefined && { max_per_second: numberOrNone(perSecond) }),
  };
}

const namedOf = (headers: readonly HeaderLine[]): [string, string][] =>
  headers.filter(({ name, value }) => name !== "" || value !== "").map(({ name, value }) => [name, value]);

const numberOrNone = (typed: string): number | null => (typed === "" ? null : Number(typed));
