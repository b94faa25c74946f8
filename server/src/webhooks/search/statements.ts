import type { ComparedTables, ListName } from "./filter.ts";
import { classOfAttempt, parameters } from "./sources.ts";

/*
 * Looks keys up by primary key and returns the rows that match the whole filter, newest event first.
 *
 * Each look-up has a limit, so PostgreSQL cannot turn it into a join that reads a whole table. Each repeats the range of
 * the keys, $5 to $6: without it, PostgreSQL would plan every day of the history, which takes longer than the look-ups.
 * Conditions on a null parameter allow every row, so there is one text for each kind of rows, prepared once.
 *
 * $1 to $19 are the filter, $20 and $21 the cursor, $22 and $23 the keys, $24 the maximum number of rows, and $25, of lists
 * of attempts, the number of the last attempt of the page before.
 */

const ofDeliveries = `(
    select unnest($22::uuid[]) as event_id, unnest($23::bigint[]) as endpoint_id
  ) candidate`;

const ofEvents = `(
    select event_key.id as event_id, delivery.endpoint_id
    from (select unnest($22::uuid[]) as id, unnest($23::bigint[])) event_key
    cross join lateral (
      select endpoint_id from due where due.event_id = event_key.id and due.provider_id = $1
      union
      select endpoint_id from deliveries
      where deliveries.provider_id = $1 and deliveries.event_id = event_key.id and deliveries.event_id between $5 and $6
    ) delivery
    where (event_key.id, delivery.endpoint_id) < ($20, $21)
  ) candidate`;

const event = `
    cross join lateral (
      select * from events
      where events.provider_id = $1 and events.id = candidate.event_id and events.id between $5 and $6
      limit 1
    ) event`;

// A pending row hides the end of an earlier round.
const delivery = `
    left join lateral (
      select * from due
      where due.event_id = candidate.event_id and due.endpoint_id = candidate.endpoint_id and due.provider_id = $1
      limit 1
    ) due on true
    left join lateral (
      select * from deliveries
      where deliveries.provider_id = $1 and deliveries.event_id = candidate.event_id
        and deliveries.endpoint_id = candidate.endpoint_id and deliveries.event_id between $5 and $6
      limit 1
    ) ended on true
    cross join lateral (
      select case when due.event_id is null then ended.state else 'pending' end as state,
        coalesce(due.attempts_made, ended.attempts_made) as attempts_made,
        coalesce(due.replay, ended.replay) as replay,
        nullif(due.due_at, 'infinity') as next_attempt_at,
        case when due.event_id is null then ended.ended_at end as ended_at
      where due.event_id is not null or ended.event_id is not null
    ) delivery`;

const endpoint = `
    cross join lateral (
      select name from endpoints
      where endpoints.provider_id = $1 and endpoints.id = candidate.endpoint_id
      limit 1
    ) endpoint`;

// A first attempt that delivered is stored in its delivery's row. Nearly always it is the only one.
const lastAttempt = `
    left join lateral (
      select * from attempts
      where attempts.provider_id = $1 and attempts.event_id = candidate.event_id
        and attempts.endpoint_id = candidate.endpoint_id and attempts.event_id between $5 and $6
        and not (due.event_id is null and ended.attempts_made = 1 and ended.first_at is not null)
      order by number desc
      limit 1
    ) later on true
    cross join lateral (
      select coalesce(later.number, 1) as number, coalesce(later.at, ended.first_at) as at, later.error, later.error_class,
        case when later.at is null then ended.first_status else later.status end as status,
        coalesce(later.latency_ms, ended.first_latency_ms) as latency_ms
    ) attempt`;

const attemptsOfDelivery = `
    cross join lateral (
      select number, at, status, error, error_class, latency_ms from attempts
      where attempts.provider_id = $1 and attempts.event_id = candidate.event_id
        and attempts.endpoint_id = candidate.endpoint_id and attempts.event_id between $5 and $6
      union all
      select 1, ended.first_at, ended.first_status, null, null, ended.first_latency_ms where ended.first_at is not null
    ) attempt`;

const eventMatches = `($4::text[] is null or event.type = any($4))
    and ($13::bigint[] is null or event.account_id = any($13))
    and ($14::bigint is null or event.object_id = $14)
    and ($15::text is null or event.actor_kind = $15)
    and ($16::bigint is null or event.actor_user_id = $16)
    and ($17::text[] is null or event.channel = any($17))
    and ($18::uuid[] is null or event.id = any($18))`;

const endpointMatches = `($3::bigint[] is null or candidate.endpoint_id = any($3))`;

const deliveryMatches = `($2::text[] is null or delivery.state = any($2))
    and ($10::integer is null or delivery.attempts_made >= $10)
    and ($11::integer is null or delivery.attempts_made <= $11)`;

const attemptMatches = `($7::integer[] is null or exists (
      select from unnest($7::integer[], $8::integer[]) requested (lowest, highest)
      where attempt.status between requested.lowest and requested.highest))
    and ($9::text[] is null or (attempt.error is not null and ${classOfAttempt("attempt")} = any($9)))
    and ($12::integer is null or attempt.latency_ms >= $12)`;

const rowMatches = [eventMatches, endpointMatches, deliveryMatches, attemptMatches].join("\n    and ");

// Every needed text is somewhere in the row. The caller compares the whole words and the payload's value.
const eventText = `event.id, event.type, event.object_id, event.account_id, event.account_name, event.document, event.previous,
      event.key, event.actor_kind, event.actor_user_id, event.channel, event.sequence,
      to_char(event.occurred_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
const textMatches = (columns: string): string => `($19::text[] is null or not exists (
      select from (select lower(concat_ws(' ', ${columns}) collate "C") as it offset 0) row_text
      cross join unnest($19::text[]) needed (it)
      where strpos(row_text.it, needed.it) = 0))`;

/** The columns of an event that its payload is made of. Read only if the filter is about the payload or has words. */
const payloadColumns = `case when $19::text[] is not null then event.document end as document,
    case when $19::text[] is not null then event.key end as key`;

const eventColumns = `event.id as "eventId", event.type as "eventType", event.object_id, event.account_id, event.account_name,
    event.sequence, event.actor_kind, event.actor_user_id, event.channel, event.occurred_at,
    event.previous, event.erased_at, ${payloadColumns}`;

const deliveryColumns = `${eventColumns}, candidate.endpoint_id, endpoint.name as "endpointName",
    delivery.state, delivery.attempts_made, delivery.replay, delivery.next_attempt_at, delivery.ended_at`;

const lastAttemptColumns = `attempt.at as "lastAttemptAt", attempt.status as "lastStatus", attempt.error as "lastError",
    attempt.latency_ms as "lastLatencyMs"`;

const attemptColumns = `attempt.number, attempt.at, attempt.status, attempt.error, attempt.error_class, attempt.latency_ms`;

const deliveryText = `event.id || '.' || candidate.endpoint_id, ${eventText}, endpoint.name, attempt.error`;

const deliveries = `${deliveryColumns}, ${lastAttemptColumns}
  from @candidate${event}${delivery}${endpoint}${lastAttempt}
  where ${rowMatches} and ${textMatches(deliveryText)}
  order by event.id desc, candidate.endpoint_id desc
  limit $24::bigint`;

const attempts = `${deliveryColumns}, ${attemptColumns}
  from @candidate${event}${delivery}${endpoint}${attemptsOfDelivery}
  where ${rowMatches} and ${textMatches(deliveryText)}
    and (event.id, candidate.endpoint_id, attempt.number) < ($20, $21 - 1, $25::integer)
  order by event.id desc, candidate.endpoint_id desc, attempt.number desc
  limit $24::bigint`;

// Without a criterion about deliveries.
const events = `${eventColumns}
  from (select unnest($22::uuid[]) as event_id, unnest($23::bigint[])) candidate${event}
  where ${eventMatches} and ${textMatches(eventText)} and (event.id < $20 or $21 > 0)
  order by event.id desc
  limit $24::bigint`;

const rows = { deliveries, attempts, events };

const candidates = { events: ofEvents, deliveries: ofDeliveries };

/** Returns the statement that looks keys of events or deliveries up. Rows of events have keys of events. */
export const lookUpStatement = (keys: "events" | "deliveries", name: ListName): string =>
  `with ${parameters} select ${rows[name].replace("@candidate", candidates[keys])}`;

const endpointExists = `exists (
      select from endpoints where endpoints.provider_id = $1 and endpoints.id = candidate.endpoint_id)`;

// An attempt is found by its delivery.
const deliveryKeys = (compared: ComparedTables): string => `candidate.event_id, candidate.endpoint_id, 0 as number
  from @candidate${compared.event ? event : ""}${compared.delivery || compared.attempt ? delivery : ""}${compared.attempt ? lastAttempt : ""}
  where ${endpointMatches} and ${endpointExists}${compared.event ? ` and ${eventMatches}` : ""}
    ${compared.delivery ? ` and ${deliveryMatches}` : ""}${compared.attempt ? ` and ${attemptMatches}` : ""}
  order by candidate.event_id desc, candidate.endpoint_id desc`;

const attemptKeys = (compared: ComparedTables): string => `candidate.event_id, candidate.endpoint_id, attempt.number
  from @candidate${compared.event ? event : ""}${delivery}${attemptsOfDelivery}
  where ${endpointMatches} and ${endpointExists} and ${deliveryMatches} and ${attemptMatches}
    ${compared.event ? ` and ${eventMatches}` : ""}
    and (candidate.event_id, candidate.endpoint_id, attempt.number) < ($20, $21 - 1, $25::integer)
  order by candidate.event_id desc, candidate.endpoint_id desc, attempt.number desc`;

const eventKeys = (compared: ComparedTables): string => `candidate.event_id, 0::bigint as endpoint_id, 0 as number
  from (select unnest($22::uuid[]) as event_id, unnest($23::bigint[])) candidate${compared.event ? event : ""}
  where (candidate.event_id < $20 or $21 > 0)${compared.event ? ` and ${eventMatches}` : ""}
  order by candidate.event_id desc`;

const keysOf = { deliveries: deliveryKeys, attempts: attemptKeys, events: eventKeys };

/**
 * Returns the statement that returns the keys of the rows that `lookUpStatement` returns, each column as an array. It reads the
 * compared tables only, and compares no texts.
 */
export const keysStatement = (keys: "events" | "deliveries", name: ListName, compared: ComparedTables): string => `
  with ${parameters}
  select array_agg(event_id) as event_ids, array_agg(endpoint_id) as endpoint_ids, array_agg(number::bigint) as numbers
  from (
    select ${keysOf[name](compared).replace("@candidate", candidates[keys])}
    limit $24::bigint
  ) found`;
