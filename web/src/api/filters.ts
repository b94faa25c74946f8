import type { operations } from "./bellwire-api.d.ts";
import type { Delivery } from "./deliveries.ts";
import type { Event } from "./events.ts";

/** The filters that the API's lists of deliveries, attempts and events have, except for the page. */
type FilterQuery = Omit<NonNullable<operations["listDeliveries"]["parameters"]["query"]>, "limit" | "after">;

/** The parameters of the filters, in the addresses of pages and in the API. */
export type FilterName = keyof FilterQuery;

/** A filter as the address of a page contains it. Several values are separated by commas. */
export type ListFilter = Readonly<Partial<Record<FilterName, string>>>;

export const deliveryStates = [
  "pending",
  "delivered",
  "failed",
  "cancelled",
] as const satisfies readonly Delivery["state"][];

export const channels = [
  "developer_portal",
  "admin_portal",
  "api",
  "system",
] as const satisfies readonly Event["channel"][];

export type ErrorClass = NonNullable<FilterQuery["error_class"]>[number];

export const errorClasses = ["3xx", "4xx", "5xx", "2xx", "timeout", "connection", "tls", "forbidden"] as const;

export const valuesOf = (value: string | undefined): readonly string[] => (value ? value.split(",") : []);

/** Returns the values of a filter that are known. The address of a page can contain others. */
const knownValues = <Value extends string>(value: string | undefined, known: readonly Value[]): Value[] =>
  known.filter((each) => valuesOf(value).includes(each));

/** Returns the filter as the query of a list in the API. */
export function filterQuery(filter: ListFilter): FilterQuery {
  const { endpoint_id, event_type, status, event_id, attempts_min, attempts_max, latency_min, object_id } = filter;
  const { q, since, until, account, actor, payload } = filter;
  return {
    ...(filter.state && { state: knownValues(filter.state, deliveryStates) }),
    ...(filter.channel && { channel: knownValues(filter.channel, channels) }),
    ...(filter.error_class && { error_class: knownValues(filter.error_class, errorClasses) }),
    ...(endpoint_id && { endpoint_id: valuesOf(endpoint_id).map(Number) }),
    ...(event_type && { event_type: [...valuesOf(event_type)] }),
    ...(status && { status: [...valuesOf(status)] }),
    ...(event_id && { event_id: [...valuesOf(event_id)] }),
    ...(attempts_min && { attempts_min: Number(attempts_min) }),
    ...(attempts_max && { attempts_max: Number(attempts_max) }),
    ...(latency_min && { latency_min: Number(latency_min) }),
    ...(object_id && { object_id: Number(object_id) }),
    ...(q && { q }),
    ...(since && { since }),
    ...(until && { until }),
    ...(account && { account }),
    ...(actor && { actor }),
    ...(payload && { payload }),
  };
}

/** Compares a filter's value with a row of the stream. Undefined: only the server can decide. */
type Criterion<Row> = (value: string, row: Row, now: Date) => boolean | undefined;
type Criteria<Row> = Readonly<Record<FilterName, Criterion<Row>>>;

const onServer = (): undefined => undefined;

const commonCriteria = {
  since: (value, { occurred_at }, now) => new Date(occurred_at) >= momentOf(value, now),
  until: (value, { occurred_at }, now) => new Date(occurred_at) < momentOf(value, now),
  account: (value, { account_id }) => (/^\d+$/.test(value) ? Number(value) === account_id : undefined),
  object_id: (value, { object_id }) => Number(value) === object_id,
  q: onServer,
  payload: onServer,
} satisfies Partial<Criteria<Pick<Delivery & Event, "occurred_at" | "account_id" | "object_id">>>;

const deliveryCriteria: Criteria<Delivery> = {
  ...commonCriteria,
  state: (value, { state }) => isIn(value, state),
  endpoint_id: (value, { endpoint_id }) => isIn(value, String(endpoint_id)),
  event_id: (value, { event_id }) => isIn(value.toLowerCase(), event_id),
  event_type: (value, { event_type }) => isEventType(value, event_type),
  attempts_min: (value, { attempts_made }) => attempts_made >= Number(value),
  attempts_max: (value, { attempts_made }) => attempts_made <= Number(value),
  latency_min: (value, { last_attempt: last }) => (last?.latency_ms ?? -1) >= Number(value),
  status: (value, { last_attempt: last }) => isStatus(value, last?.status),
  error_class: (_, { last_attempt: last }) => ((last?.error ?? null) === null ? false : undefined),
  // The stream's deliveries have neither.
  actor: onServer,
  channel: onServer,
};

const eventCriteria: Criteria<Event> = {
  ...commonCriteria,
  event_id: (value, { id }) => isIn(value.toLowerCase(), id),
  event_type: (value, { type }) => isEventType(value, type),
  actor: (value, { actor }) => {
    const [kind, userId] = value.split(":");
    return kind === actor.kind && (userId === undefined || Number(userId) === actor.user_id);
  },
  channel: (value, { channel }) => isIn(value, channel),
  // About deliveries. The page of events has no such filters.
  state: onServer,
  endpoint_id: onServer,
  status: onServer,
  error_class: onServer,
  attempts_min: onServer,
  attempts_max: onServer,
  latency_min: onServer,
};

const matcherOf =
  <Row>(criteria: Criteria<Row>) =>
  (filter: ListFilter, row: Row, now: Date): boolean | undefined => {
    const values = new Map(Object.entries(filter));
    const results = new Set(
      Object.entries(criteria).map(([name, matches]) => {
        const value = values.get(name);
        return value ? matches(value, row, now) : true;
      }),
    );
    return results.has(false) ? false : results.has(undefined) ? undefined : true;
  };

/** Returns whether a delivery of the stream belongs to a filtered list, or undefined if only the server can decide. */
export const matchesDelivery = matcherOf(deliveryCriteria);

/** The same for an event of the stream. */
export const matchesEvent = matcherOf(eventCriteria);

const isIn = (filter: string, value: string): boolean => valuesOf(filter).includes(value);

const isEventType = (filter: string, type: string): boolean =>
  valuesOf(filter).some(
    (pattern) => pattern === "*" || (pattern.endsWith(".*") ? type.startsWith(pattern.slice(0, -1)) : pattern === type),
  );

function isStatus(filter: string, status: number | null | undefined): boolean {
  if (status === null || status === undefined) return false;
  return valuesOf(filter).some((range) => {
    const [from = "", to = from] = range.replace(/^(\d)xx$/, "$100-$199").split("-");
    return status >= Number(from) && status <= Number(to);
  });
}

const unitMs: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

/** Returns a time of a filter: a moment, or a span before now. */
export function momentOf(text: string, now: Date): Date {
  const [, amount, unit = ""] = /^-(\d+)([mhdw])$/i.exec(text) ?? [];
  if (amount === undefined) return new Date(text);
  return new Date(now.getTime() - Number(amount) * (unitMs[unit.toLowerCase()] ?? 0));
}
