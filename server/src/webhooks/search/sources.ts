import type { Database } from "#platform/database/database.ts";
import { firstUuid, lastUuid, uuidV7Floor } from "#platform/ids.ts";
import {
  type FailureCause,
  type FailureCriteria,
  groupIdOf,
  type OutcomeClass,
  outcomeClassOf,
  readErrors,
} from "#webhooks/deliveries/index.ts";
import {
  actorKinds,
  channels,
  type DeliveryFilter,
  type FilterErrors,
  type ListName,
  necessaryText,
  rowsOf,
  type StatusRange,
} from "./filter.ts";

/** A filter of one provider's history, ready to be searched for. */
export interface Search {
  readonly providerId: number;
  readonly filter: DeliveryFilter;
  /** The accounts that the filter names. Undefined: all. */
  readonly accountIds: readonly number[] | undefined;
}

/** One probe per account and day of history, so that a page takes tens of milliseconds at most. */
const accountsMax = 100;

const accountsStatement = `
  select id from (
    (select id from accounts
      where provider_id = $1 and lower(org_name) ~>=~ lower($2) and lower(org_name) ~<~ (lower($2) || chr(1114111))
      limit $3)
    union
    (select account_id from (
        select account_id, account_name from events
        where provider_id = $1 and type = 'account.deleted'
        order by id desc limit 10000) deleted
      where starts_with(lower(account_name), lower($2))
      limit $3)
  ) account
  limit $3`;

/** Finds the accounts that a filter names: by accounts_name_idx, and the last 10,000 deleted ones by events_type_idx. */
export async function prepareSearch(
  db: Database,
  providerId: number,
  filter: DeliveryFilter,
): Promise<{ readonly search: Search } | { readonly refused: FilterErrors }> {
  const { account } = filter;
  if (account === undefined) return { search: { providerId, filter, accountIds: undefined } };
  if (typeof account === "number") return { search: { providerId, filter, accountIds: [account] } };
  const found = await db.query<{ id: number }>(accountsStatement, [providerId, account, accountsMax + 1]);
  if (found.length > accountsMax) {
    const sentence = `begins the names of more than ${accountsMax} accounts: give more of the name, or an id`;
    return { refused: { account: [sentence] } };
  }
  return { search: { providerId, filter, accountIds: found.map(({ id }) => id) } };
}

/** Returns $1 to $19 of all statements, which `sources.ts` and `statements.ts` use. */
export function searchValues({ providerId, filter, accountIds }: Search): readonly unknown[] {
  const { since, until, statuses, actor } = filter;
  return [
    providerId,
    filter.states,
    filter.endpointIds,
    filter.eventTypes,
    since ? uuidV7Floor(since.getTime()) : firstUuid,
    until ? uuidV7Floor(until.getTime()) : lastUuid,
    statuses?.map(({ from }) => from),
    statuses?.map(({ to }) => to),
    failedClassesOf(filter),
    filter.attemptsMin,
    filter.attemptsMax,
    filter.latencyMin,
    accountIds,
    filter.objectId,
    actor?.kind,
    actor?.userId,
    filter.channels,
    filter.eventIds,
    necessaryTexts(filter),
  ];
}

/**
 * Returns the classes of failed attempts to which the last attempt must belong, or undefined if it may have succeeded.
 * Successes have statuses from 200 to 299, so other statuses are failures.
 */
function failedClassesOf({ errorClasses, statuses }: DeliveryFilter): readonly OutcomeClass[] | undefined {
  if (!statuses || statuses.some(({ from, to }) => from <= 299 && to >= 200)) return errorClasses;
  const classes = new Set(statuses.flatMap(classesOfRange));
  return errorClasses?.filter((each) => classes.has(each)) ?? [...classes];
}

function classesOfRange({ from, to }: StatusRange): readonly OutcomeClass[] {
  const hundreds = Array.from({ length: Math.floor(to / 100) - Math.floor(from / 100) + 1 }, (_, index) => index * 100);
  return hundreds.map((hundred) => outcomeClassOf({ status: from + hundred, errorClass: null }));
}

function necessaryTexts({ words, payload }: DeliveryFilter): readonly string[] | undefined {
  if (!words && !payload) return undefined;
  return [...(words ?? []), ...(payload ? [payload.text] : [])].map(necessaryText).filter((text) => text !== "");
}

/** The criteria of the filter that failures have. A failure is the end of a delivery, so others say nothing about it. */
export const failureFieldNames = [
  "endpoint_id",
  "event_type",
  "since",
  "until",
  "status",
  "error_class",
  "account",
  "object_id",
  "event_id",
  "q",
] as const;

/**
 * Returns the criteria of the failures that match a filter and belong to a group, if one is given. Times are those of
 * the failures. Statuses, classes and groups are causes, which derive from the stored errors.
 */
export async function failureCriteria(
  db: Database,
  { providerId, filter, accountIds }: Search,
  groupId?: string,
): Promise<FailureCriteria> {
  const { endpointIds, eventIds, eventTypes, since, until, objectId, words } = filter;
  const criteria = { providerId, endpointIds, eventIds, eventTypes, since, until, accountIds, objectId, words };
  if (groupId === undefined && !filter.statuses && !filter.errorClasses) return criteria;
  const found = await readErrors(
    db,
    providerId,
    (cause, endpointId) =>
      hasCause(filter, cause) && (groupId === undefined || groupIdOf(endpointId, cause) === groupId),
  );
  const failing = new Set(found.map(({ endpointId }) => endpointId));
  return {
    ...criteria,
    endpointIds: endpointIds?.filter((id) => failing.has(id)) ?? [...failing],
    errors: [...new Set(found.map(({ error }) => error))],
  };
}

const hasCause = ({ statuses, errorClasses }: DeliveryFilter, { status, errorClass }: FailureCause): boolean =>
  (!statuses || (status !== null && statuses.some(({ from, to }) => status >= from && status <= to))) &&
  (!errorClasses || errorClasses.some((each) => each === errorClass));

/*
 * A search walks along an index, newest event first, and checks each row that it meets against the whole filter. This file
 * declares the indexes. A source is one of them, or several that together contain all matches. A statement reads at most $22
 * rows of each stream, so its cost is bounded however rare the matches are, and no plan depends on estimates.
 *
 * $1 to $19 are the filter (searchValues). $20 and $21 are the cursor: the event and endpoint after which to continue.
 */

/** An index to walk along. */
export interface Source {
  /** Whether its streams contain keys of events or of deliveries. */
  readonly keys: "events" | "deliveries";
  /** Statements that return keys in descending order, at most $22 each. */
  readonly streams: readonly string[];
  /** Returns whether the streams contain every match of a filter in a list. */
  readonly covers: (filter: DeliveryFilter, list: ListName) => boolean;
}

const keyOrder = `order by event_id desc, endpoint_id desc limit $22`;
// The first three conditions also select partitions, which a comparison of rows does not.
const afterCursor = `event_id >= $5 and event_id < $6 and event_id <= $20 and (event_id, endpoint_id) < ($20, $21)`;
const eventAfterCursor = `event.id >= $5 and event.id < $6 and event.id <= $20`;
const eventOrder = `order by event.id desc limit $22`;

// Pending deliveries by due_endpoint_idx: one probe for each endpoint. Those of a deleted endpoint are cancelled within minutes, and
// probes for all of 20,000 that were ever deleted took 70 ms.
const pending = `(
  select due.event_id, due.endpoint_id
  from (
    select id from endpoints where provider_id = $1 and deleted_at is null
    union all
    select id from endpoints where provider_id = $1 and deleted_at > statement_timestamp() - interval '1 day'
  ) endpoint
  cross join lateral (
    select event_id, endpoint_id from due
    where due.endpoint_id = endpoint.id and ${afterCursor}
      and ($2::text[] is null or 'pending' = any($2)) and ($10::integer is null or due.attempts_made >= $10)
    order by event_id desc limit $22
  ) due
  where $3::bigint[] is null or endpoint.id = any($3)
  ${keyOrder})`;

// By deliveries_ended_idx: one probe for each state.
const ended = `(
  select delivery.event_id, delivery.endpoint_id
  from unnest(coalesce($2::text[], '{failed,cancelled}')) requested (state)
  cross join lateral (
    select event_id, endpoint_id from deliveries
    where provider_id = $1 and deliveries.state = requested.state and deliveries.state <> 'delivered' and ${afterCursor}
    ${keyOrder}
  ) delivery
  ${keyOrder})`;

/** The class of an attempt, as retry-policy.ts defines it. An index has this expression. */
export const classOfAttempt = (attempt: string): string =>
  `(case when ${attempt}.status is null then coalesce(${attempt}.error_class, 'connection')
    when ${attempt}.status < 300 then '2xx' when ${attempt}.status < 400 then '3xx'
    when ${attempt}.status < 500 then '4xx' else '5xx' end)`;

// By attempts_failed_idx: one probe for each class.
const failedAttempts = `(
  select attempt.event_id, attempt.endpoint_id
  from unnest($9::text[]) requested (class)
  cross join lateral (
    select event_id, endpoint_id from attempts
    where provider_id = $1 and error is not null and ${classOfAttempt("attempts")} = requested.class and ${afterCursor}
    ${keyOrder}
  ) attempt
  ${keyOrder})`;

// By deliveries_retried_idx.
const retried = `(
  select event_id, endpoint_id from deliveries
  where provider_id = $1 and attempts_made > 1 and ${afterCursor}
  ${keyOrder})`;

/** Slower attempts are in an index. */
const slowFromMs = 100;

// By deliveries_slow_idx, whose last column is compared without reading the row.
const slowFirst = `(
  select event_id, endpoint_id from deliveries
  where provider_id = $1 and first_latency_ms >= ${slowFromMs} and first_latency_ms >= $12 and ${afterCursor}
  ${keyOrder})`;

// By attempts_slow_idx, in the same way.
const slowLater = `(
  select event_id, endpoint_id from attempts
  where provider_id = $1 and latency_ms >= ${slowFromMs} and latency_ms >= $12 and ${afterCursor}
  ${keyOrder})`;

// By deliveries_endpoint_idx: one probe for each endpoint.
const ofEndpoints = `(
  select delivery.event_id, delivery.endpoint_id
  from unnest($3::bigint[]) requested (endpoint_id)
  cross join lateral (
    select event_id, endpoint_id from deliveries
    where provider_id = $1 and deliveries.endpoint_id = requested.endpoint_id and ${afterCursor}
    order by event_id desc limit $22
  ) delivery
  ${keyOrder})`;

// By the primary key.
const allEnded = `(
  select event_id, endpoint_id from deliveries
  where provider_id = $1 and ${afterCursor}
  ${keyOrder})`;

const namedEvents = `(
  select event.id from (select distinct unnest($18::uuid[]) as id) event
  where ${eventAfterCursor}
  ${eventOrder})`;

// By events_object_idx.
const ofObject = `(
  select event.id from events event
  where event.provider_id = $1 and event.object_id = $14 and ${eventAfterCursor}
  ${eventOrder})`;

// By events_account_idx: one probe for each account.
const ofAccounts = `(
  select event.id
  from unnest($13::bigint[]) requested (account_id)
  cross join lateral (
    select event.id from events event
    where event.provider_id = $1 and event.account_id = requested.account_id and ${eventAfterCursor}
    ${eventOrder}
  ) event
  ${eventOrder})`;

// By events_actor_idx.
const ofActor = `(
  select event.id from events event
  where event.provider_id = $1 and event.actor_user_id = $16 and ${eventAfterCursor}
  ${eventOrder})`;

// By events_type_idx: one probe for each type.
const ofTypes = `(
  select event.id
  from unnest($4::text[]) requested (type)
  cross join lateral (
    select event.id from events event
    where event.provider_id = $1 and event.type = requested.type and ${eventAfterCursor}
    ${eventOrder}
  ) event
  ${eventOrder})`;

// By events_channel_idx: one probe for each pair of a channel and a kind of actor.
const ofChannels = `(
  select event.id
  from unnest(coalesce($17::text[], '{${channels.join()}}')) requested_channel (channel)
  cross join unnest(case when $15::text is null then '{${actorKinds.join()}}'::text[] else array[$15::text] end) requested_kind (kind)
  cross join lateral (
    select event.id from events event
    where event.provider_id = $1 and event.channel = requested_channel.channel and event.actor_kind = requested_kind.kind
      and ${eventAfterCursor}
    ${eventOrder}
  ) event
  ${eventOrder})`;

// By the primary key.
const allEvents = `(
  select event.id from events event
  where event.provider_id = $1 and ${eventAfterCursor}
  ${eventOrder})`;

/** Returns whether no delivery with a success matches: every match is pending, failed or cancelled. */
const excludesDelivered = (filter: DeliveryFilter, list: ListName): boolean =>
  (filter.states !== undefined && !filter.states.includes("delivered")) ||
  filter.attemptsMax === 0 ||
  (list !== "attempts" && failedClassesOf(filter) !== undefined);

/** The sources by name. `deliveries` and `events` cover every filter. */
export const sources = {
  named: { keys: "events", streams: [namedEvents], covers: ({ eventIds }) => eventIds !== undefined },
  object: { keys: "events", streams: [ofObject], covers: ({ objectId }) => objectId !== undefined },
  accounts: { keys: "events", streams: [ofAccounts], covers: ({ account }) => account !== undefined },
  actor: { keys: "events", streams: [ofActor], covers: ({ actor }) => actor?.userId !== undefined },
  types: { keys: "events", streams: [ofTypes], covers: ({ eventTypes }) => eventTypes !== undefined },
  channels: {
    keys: "events",
    streams: [ofChannels],
    covers: (filter) => filter.channels !== undefined || filter.actor !== undefined,
  },
  states: { keys: "deliveries", streams: [pending, ended], covers: excludesDelivered },
  failedAttempts: {
    keys: "deliveries",
    streams: [failedAttempts],
    covers: (filter) => failedClassesOf(filter) !== undefined,
  },
  retried: { keys: "deliveries", streams: [pending, retried], covers: ({ attemptsMin = 0 }) => attemptsMin > 1 },
  slow: {
    keys: "deliveries",
    streams: [slowFirst, slowLater],
    covers: ({ latencyMin = 0 }) => latencyMin >= slowFromMs,
  },
  endpoints: {
    keys: "deliveries",
    streams: [pending, ofEndpoints],
    covers: ({ endpointIds }) => endpointIds !== undefined,
  },
  deliveries: { keys: "deliveries", streams: [pending, allEnded], covers: () => true },
  events: { keys: "events", streams: [allEvents], covers: () => true },
} as const satisfies Readonly<Record<string, Source>>;

export type SourceName = keyof typeof sources;

/** Returns the names of the sources in the order of their declaration. */
export const sourceNames = Object.keys(sources).filter((name): name is SourceName => name in sources);

/** Returns the sources that contain every match of a list. One that reads events alone uses the sources of events only. */
export function sourcesFor(filter: DeliveryFilter, list: ListName): readonly SourceName[] {
  const fallback = rowsOf(list, filter) === "events" ? "events" : "deliveries";
  const special = sourceNames.filter(
    (name) =>
      name !== "deliveries" &&
      name !== "events" &&
      sources[name].covers(filter, list) &&
      (fallback === "deliveries" || sources[name].keys === "events"),
  );
  return special.length > 0 ? special : [fallback];
}

// Never executed: it declares the types of parameters that a statement does not use.
export const parameters = `parameters as (
    select $1::bigint, $2::text[], $3::bigint[], $4::text[], $5::uuid, $6::uuid, $7::integer[], $8::integer[], $9::text[],
      $10::integer, $11::integer, $12::integer, $13::bigint[], $14::bigint, $15::text, $16::bigint, $17::text[],
      $18::uuid[], $19::text[], $20::uuid, $21::bigint
  )`;

/**
 * Returns the statement that reads keys along a source, newest event first, as one row with an array of each column. The boundary is
 * that up to which the keys are complete; it is null if they reach the end of the range. Without a key, the arrays are null.
 */
export function renderKeys({ keys, streams }: Source): string {
  const names = streams.map((_, index) => `stream_${index}`);
  const ctes = streams.map((stream, index) => `${names[index]} as materialized ${stream}`).join(", ");
  const key = keys === "events" ? `id as event_id, 0::bigint as endpoint_id` : `event_id, endpoint_id`;
  const lastRows = names.map((name) => `(select ${key} from ${name} offset $22 - 1 limit 1)`).join(" union all ");
  const rows = names.map((name) => `select ${key} from ${name}`).join(" union all ");
  return `
  with ${parameters}, ${ctes}, boundary as (
    select event_id, endpoint_id from (${lastRows}) reached order by event_id desc, endpoint_id desc limit 1
  )
  select met.event_ids, met.endpoint_ids, boundary.event_id as "boundaryEventId", boundary.endpoint_id as "boundaryEndpointId"
  from (
    select array_agg(event_id) as event_ids, array_agg(endpoint_id) as endpoint_ids
    from (
      select distinct each_key.event_id, each_key.endpoint_id
      from (${rows}) each_key
      left join boundary on true
      where boundary.event_id is null or (each_key.event_id, each_key.endpoint_id) >= (boundary.event_id, boundary.endpoint_id)
      order by each_key.event_id desc, each_key.endpoint_id desc
    ) sorted
  ) met
  left join boundary on true`;
}
