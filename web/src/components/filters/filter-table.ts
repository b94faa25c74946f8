import type { Delivery } from "../../api/deliveries.ts";
import type { Event } from "../../api/events.ts";
import {
  type ErrorClass,
  type FilterName,
  type ListFilter,
  channels,
  deliveryStates,
  errorClasses,
  valuesOf,
} from "../../api/filters.ts";
import { describeLatency, describeMoment } from "../time.tsx";

export interface Choice {
  readonly value: string;
  readonly label: string;
}

/** How a person enters a filter. */
export type FilterInput =
  | { readonly kind: "choices"; readonly choices: readonly Choice[] }
  /** The choices come from the API. */
  | { readonly kind: "endpoints" | "event types" }
  | { readonly kind: "text"; readonly hint: string; readonly example: string }
  | { readonly kind: "number"; readonly unit: string; readonly hint: string };

export interface FilterDefinition {
  readonly name: Exclude<FilterName, "q" | "since" | "until">;
  readonly label: string;
  readonly input: FilterInput;
  /** Accepts a value of the address. Others are dropped. */
  readonly pattern: RegExp;
  /** Allows several values. */
  readonly isSeveral?: boolean;
}

const id = /^[1-9]\d{0,15}$/;
const textLengthMax = 200;
const anyText = new RegExp(`^.{1,${textLengthMax}}$`, "s");
const wholeNumber = /^\d{1,9}$/;
const oneOf = (values: readonly string[]): RegExp => new RegExp(`^(${values.join("|")})$`);

const stateLabels = {
  pending: "Pending",
  delivered: "Delivered",
  failed: "Failed",
  cancelled: "Cancelled",
} as const satisfies Record<Delivery["state"], string>;
const channelLabels = {
  developer_portal: "Developer Portal",
  admin_portal: "Admin Portal",
  api: "API",
  system: "Background",
} as const satisfies Record<Event["channel"], string>;
const classLabels = {
  "2xx": "2xx that does not count as delivered",
  "3xx": "3xx redirect",
  "4xx": "4xx",
  "5xx": "5xx",
  timeout: "Timeout",
  connection: "Connection failed",
  tls: "TLS failed",
  forbidden: "Address not permitted",
} as const satisfies Record<ErrorClass, string>;

const choicesOf = <Value extends string>(values: readonly Value[], labels: Readonly<Record<Value, string>>) => ({
  kind: "choices" as const,
  choices: values.map((value) => ({ value, label: labels[value] })),
});

/** All filters in the order of the menu. The time and the free text have their own controls. */
const filterDefinitions: readonly FilterDefinition[] = [
  {
    name: "state",
    label: "State",
    input: choicesOf(deliveryStates, stateLabels),
    pattern: oneOf(deliveryStates),
    isSeveral: true,
  },
  { name: "endpoint_id", label: "Endpoint", input: { kind: "endpoints" }, pattern: id, isSeveral: true },
  {
    name: "event_type",
    label: "Event",
    input: { kind: "event types" },
    pattern: /^(\*|[a-z_]+\.(\*|[a-z_]+))$/,
    isSeveral: true,
  },
  {
    name: "account",
    label: "Account",
    input: { kind: "text", hint: "The id, or the beginning of the name", example: "Harbour" },
    pattern: anyText,
  },
  {
    name: "status",
    label: "Status code",
    input: {
      kind: "text",
      hint: "A code, a class or a range. Separate several by commas",
      example: "500, 4xx, 301-308",
    },
    pattern: /^([1-9]xx|[1-9]\d\d(-[1-9]\d\d)?)$/,
    isSeveral: true,
  },
  {
    name: "error_class",
    label: "Error",
    input: choicesOf(errorClasses, classLabels),
    pattern: oneOf(errorClasses),
    isSeveral: true,
  },
  {
    name: "latency_min",
    label: "Latency over",
    input: { kind: "number", unit: "ms", hint: "Of the last attempt" },
    pattern: wholeNumber,
  },
  {
    name: "attempts_min",
    label: "Attempts from",
    input: { kind: "number", unit: "attempts", hint: "This many or more" },
    pattern: wholeNumber,
  },
  {
    name: "attempts_max",
    label: "Attempts up to",
    input: { kind: "number", unit: "attempts", hint: "This many or fewer" },
    pattern: wholeNumber,
  },
  {
    name: "payload",
    label: "Payload",
    input: {
      kind: "text",
      hint: "A path with = or ~ for a part of the value, or a text anywhere in the payload",
      example: "data.account.org_name = Harbour & Sons",
    },
    pattern: /^.{1,500}$/s,
  },
  {
    name: "object_id",
    label: "Object id",
    input: { kind: "text", hint: "The id of the account, user or application that changed", example: "42" },
    pattern: id,
  },
  {
    name: "actor",
    label: "Actor",
    input: {
      kind: "choices",
      choices: [
        { value: "developer", label: "A developer" },
        { value: "admin", label: "An admin" },
        { value: "token", label: "An access token" },
        { value: "key", label: "The provider key" },
        { value: "system", label: "Bellwire" },
      ],
    },
    pattern: /^((developer|admin|token)(:[1-9]\d{0,15})?|key|system)$/,
  },
  {
    name: "channel",
    label: "Channel",
    input: choicesOf(channels, channelLabels),
    pattern: oneOf(channels),
    isSeveral: true,
  },
  {
    name: "event_id",
    label: "Event id",
    input: { kind: "text", hint: "The same as the header webhook-id", example: "0192f0c1-0000-7000-8000-000000000001" },
    pattern: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i,
    isSeveral: true,
  },
];

/** A set of values that one press turns on and off. */
export interface QuickFilter {
  readonly label: string;
  readonly values: ListFilter;
}

export interface FilteredList {
  /** The plural of the rows. */
  readonly rows: string;
  readonly row: string;
  /** Filters that make no sense for the list. */
  readonly without: readonly FilterName[];
  readonly quick: readonly QuickFilter[];
}

const noResponse: ListFilter = { error_class: "timeout,connection,tls,forbidden" };

/** The lists that have the filters. */
export const filteredLists = {
  deliveries: {
    rows: "deliveries",
    row: "delivery",
    without: [],
    quick: [
      { label: "Failed", values: { state: "failed" } },
      { label: "Pending", values: { state: "pending" } },
      { label: "Slow", values: { latency_min: "1000" } },
    ],
  },
  attempts: {
    rows: "attempts",
    row: "attempt",
    without: ["state", "attempts_max", "attempts_min"],
    quick: [
      { label: "Failed", values: { error_class: errorClasses.join(",") } },
      { label: "No response", values: noResponse },
      { label: "Slow", values: { latency_min: "1000" } },
    ],
  },
  failures: {
    rows: "failures",
    row: "failure",
    without: ["state", "attempts_min", "attempts_max", "latency_min", "payload", "actor", "channel", "event_id"],
    quick: [
      { label: "No response", values: noResponse },
      { label: "Server errors", values: { status: "5xx" } },
    ],
  },
  events: {
    rows: "events",
    row: "event",
    without: ["state", "endpoint_id", "status", "error_class", "attempts_min", "attempts_max", "latency_min"],
    quick: [
      { label: "By developers", values: { actor: "developer" } },
      { label: "By admins", values: { actor: "admin" } },
    ],
  },
} as const satisfies Record<string, FilteredList>;

export type ListName = keyof typeof filteredLists;

export const definitionsFor = (list: ListName): readonly FilterDefinition[] => {
  const without: readonly FilterName[] = filteredLists[list].without;
  return filterDefinitions.filter(({ name }) => !without.includes(name));
};

const spanPattern = /^-\d{1,5}[mhdw]$/;
const momentPattern = /^(\d{4}-\d\d-(\d\d))T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/i;

function isTime(text: string): boolean {
  if (spanPattern.test(text)) return true;
  const [, date = "", day] = momentPattern.exec(text) ?? [];
  // JavaScript takes 30 February for 2 March.
  return !Number.isNaN(Date.parse(text)) && new Date(date).getUTCDate() === Number(day);
}

/** The filters that every list with a text search and a time has. */
export type TextAndSpan = Pick<ListFilter, "q" | "since" | "until">;

/** Returns a parameter of an address as a trimmed text. */
export function searchText(search: Record<string, unknown>, name: string): string {
  const value = search[name];
  return typeof value === "string" || typeof value === "number" ? String(value).trim() : "";
}

/** Parses the text and the time span of an address. Drops values that the API would refuse. */
export function readTextAndSpan(search: Record<string, unknown>): TextAndSpan {
  // Without its text, a list would show everything, and its actions would apply to everything.
  const q = searchText(search, "q")
    .slice(0, textLengthMax)
    .replace(/\p{Cs}$/u, "")
    .trim();
  const [since, until] = [searchText(search, "since"), searchText(search, "until")];
  return { ...(q && { q }), ...(isTime(since) && { since }), ...(isTime(until) && { until }) };
}

/** Parses a filter from the address of a list's page. Drops values that the API would refuse. */
export function readListFilter(list: ListName, search: Record<string, unknown>): ListFilter {
  const entries: [FilterName, string][] = [];
  for (const definition of definitionsFor(list)) {
    const values = parseValues(definition, searchText(search, definition.name));
    if (values.length > 0) entries.push([definition.name, values.join(",")]);
  }
  return { ...readTextAndSpan(search), ...Object.fromEntries(entries) };
}

/** Splits typed or linked values, and drops wrong and repeated ones. */
export function parseValues({ pattern, isSeveral = false }: FilterDefinition, text: string): readonly string[] {
  const values = isSeveral ? text.split(",").map((value) => value.trim()) : [text.trim()];
  return [...new Set(values.filter((value) => pattern.test(value)))];
}

/** Names of ids, for labels. */
export interface FilterNamesById {
  readonly endpoints: ReadonlyMap<string, string>;
  readonly eventTypes: ReadonlyMap<string, string>;
}

/** Returns a filter in words: "Failed, Pending". */
export function describeFilter(definition: FilterDefinition, value: string, names: FilterNamesById): string {
  const { input, isSeveral = false } = definition;
  switch (input.kind) {
    case "number":
      return definition.name === "latency_min" ? describeLatency(Number(value)) : value;
    case "text":
      return isSeveral ? valuesOf(value).join(", ") : value;
    case "choices": {
      const labels = new Map(input.choices.map((choice) => [choice.value, choice.label]));
      return valuesOf(value)
        .map((each) => labels.get(each) ?? each)
        .join(", ");
    }
    case "endpoints":
      return valuesOf(value)
        .map((each) => names.endpoints.get(each) ?? `${each}, deleted`)
        .join(", ");
    case "event types":
      return valuesOf(value)
        .map((each) => names.eventTypes.get(each) ?? each)
        .join(", ");
  }
}

export interface TimePreset {
  readonly label: string;
  readonly since: string;
}

export const timePresets: readonly TimePreset[] = [
  { label: "Last 15 minutes", since: "-15m" },
  { label: "Last hour", since: "-1h" },
  { label: "Last 24 hours", since: "-1d" },
  { label: "Last 7 days", since: "-7d" },
  { label: "Last 30 days", since: "-30d" },
];

const spanUnits: Readonly<Record<string, string>> = { m: "minute", h: "hour", d: "day", w: "week" };

/** Returns a time span in words: "Last hour", "From 27 Nov 2026, 00:00:00 UTC". */
export function describeSpan({ since, until }: TextAndSpan, timeZone: string): string {
  const preset = timePresets.find((each) => each.since === since);
  if (preset && !until) return preset.label;
  const describe = (text: string): string => {
    const [, amount, unit = ""] = /^-(\d+)([mhdw])$/i.exec(text) ?? [];
    return amount === undefined
      ? describeMoment(new Date(text), timeZone)
      : `${amount} ${spanUnits[unit.toLowerCase()]}${amount === "1" ? "" : "s"} ago`;
  };
  if (since && until) return `${describe(since)} to ${describe(until)}`;
  if (since) return `From ${describe(since)}`;
  return until ? `Until ${describe(until)}` : "Any time";
}
