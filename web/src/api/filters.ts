import type { Delivery } from "./deliveries.ts";
import type { Event } from "./events.ts";

/** The parameters of the filters, in the addresses of pages and in the API. */
export type FilterName =
  | "q"
  | "since"
  | "until"
  | "state"
  | "endpoint_id"
  | "event_type"
  | "status"
  | "error_class"
  | "attempts_min"
  | "attempts_max"
  | "latency_min"
  | "account"
  | "object_id"
  | "actor"
  | "channel"
  | "event_id"
  | "payload";

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

export const errorClasses = ["3xx", "4xx", "5xx", "2xx", "timeout", "connection", "tls", "forbidden"] as const;

export const valuesOf = (value: string | undefined): readonly string[] => (value ? value.split(",") : []);

/** Returns the values of a filter that are known. The address of a page can contain others. */
const knownValues = <Value extends string>(value: string | undefined, known: readonly Value[]): Value[] =>
  known.filter((each) => valuesOf(value).includes(each));

/** Returns the filter as the query of a list in the API. */
export function filterQuery(filter: ListFilter) {
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

/**
 * Returns whether a delivery of the stream belongs to a filtered list, or undefined if only the server can decide:
 * texts are searched there, and the stream does not contain actors and channels.
 */
export function matchesDelivery(filter: ListFilter, delivery: Delivery, now: Date): boolean | undefined {
  const { last_attempt: last } = delivery;
  const { q, payload, actor, channel, error_class, account } = filter;
  const isOut =
    !isIn(filter.state, delivery.state) ||
    !isIn(filter.endpoint_id, String(delivery.endpoint_id)) ||
    !isIn(filter.event_id?.toLowerCase(), delivery.event_id) ||
    !isEventType(filter.event_type, delivery.event_type) ||
    !isWithin(filter, delivery.occurred_at, now) ||
    !isAccountId(account, delivery.account_id) ||
    (filter.object_id !== undefined && Number(filter.object_id) !== delivery.object_id) ||
    delivery.attempts_made < Number(filter.attempts_min ?? 0) ||
    delivery.attempts_made > Number(filter.attempts_max ?? Infinity) ||
    (filter.latency_min !== undefined && (last?.latency_ms ?? -1) < Number(filter.latency_min)) ||
    (filter.status !== undefined && !isStatus(filter.status, last?.status)) ||
    (error_class !== undefined && (last?.error ?? null) === null);
  if (isOut) return false;
  const isUnknown = q || payload || actor || channel || error_class || isAccountName(account);
  return isUnknown ? undefined : true;
}

const actorKindOf = (actor: string): string => actor.split(":")[0] ?? "";

/** Returns whether an event of the stream belongs to a filtered list, or undefined if only the server can decide. */
export function matchesEvent(filter: ListFilter, event: Event, now: Date): boolean | undefined {
  const { q, payload, actor, account } = filter;
  const userId = actor?.split(":")[1];
  const isOut =
    !isIn(filter.channel, event.channel) ||
    !isIn(filter.event_id?.toLowerCase(), event.id) ||
    !isEventType(filter.event_type, event.type) ||
    !isWithin(filter, event.occurred_at, now) ||
    !isAccountId(account, event.account_id) ||
    (filter.object_id !== undefined && Number(filter.object_id) !== event.object_id) ||
    (actor !== undefined && actorKindOf(actor) !== event.actor.kind) ||
    (userId !== undefined && Number(userId) !== event.actor.user_id);
  if (isOut) return false;
  return q || payload || isAccountName(account) ? undefined : true;
}

const isIn = (filter: string | undefined, value: string): boolean => !filter || valuesOf(filter).includes(value);

const isEventType = (filter: string | undefined, type: string): boolean =>
  !filter ||
  valuesOf(filter).some(
    (pattern) => pattern === "*" || (pattern.endsWith(".*") ? type.startsWith(pattern.slice(0, -1)) : pattern === type),
  );

const isAccountName = (account: string | undefined): boolean => account !== undefined && !/^\d+$/.test(account);

const isAccountId = (account: string | undefined, id: number): boolean =>
  account === undefined || isAccountName(account) || Number(account) === id;

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

const isWithin = ({ since, until }: ListFilter, at: string, now: Date): boolean =>
  (!since || new Date(at) >= momentOf(since, now)) && (!until || new Date(at) < momentOf(until, now));
