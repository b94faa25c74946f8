import type { Database } from "#platform/database/database.ts";
import { plannedEachTime } from "#platform/database/pipeline.ts";
import { daysAfter } from "#platform/times.ts";
import { timeOfUuidV7 } from "#platform/ids.ts";
import { type ListName, comparedTables, comparesTexts, rowsOf } from "./filter.ts";
import { type SearchNeeds, type WalkedStep, walk } from "./search.ts";
import { type Search, searchValues } from "./sources.ts";

/** Larger numbers are estimates. */
const exactMax = 10_000;
/** The time after which a number is an estimate, although it is smaller. */
const countMs = 300;

export interface MatchCount {
  readonly count: number;
  /** The number is an estimate. */
  readonly isEstimate: boolean;
}

/**
 * Counts the rows of a list. The number is exact up to 10,000, if counting takes no longer than 300 ms. Otherwise, it is an
 * estimate: the number so far, in proportion to the size of the history that was searched.
 */
export async function countMatches(needs: SearchNeeds, name: ListName, search: Search): Promise<MatchCount> {
  const deadline = needs.clock.monotonicMs() + countMs;
  let count = 0;
  let step: WalkedStep | undefined;
  for await (step of walk(needs, name, search, "count")) {
    count += step.keys.length;
    if (count > exactMax || needs.clock.monotonicMs() >= deadline) break;
  }
  if (!step?.next) return { count, isEstimate: false };
  const now = needs.clock.now();
  const days = await readDays(needs.db, tablesOf[rowsOf(name, search.filter)]);
  const beginsAt = await readBeginning(needs.db, search.providerId);
  const share = searchedShare(days, { search, beginsAt, searchedFrom: timeOfUuidV7(step.next.eventId), now });
  const bytes = days.reduce((sum, day) => sum + day.bytes, 0);
  return { count: estimateCount({ count, share, bytes }), isEstimate: true };
}

// Along the primary keys or deliveries_endpoint_idx, without reading rows: a million keys in about 0.2 s. Pending deliveries are left out.
// @indexed
const manyStatements = {
  deliveries: `
    select count(*) as count from (
      select from deliveries
      where provider_id = $1 and event_id >= $2 and event_id < $3 and ($4::bigint[] is null or endpoint_id = any($4))
        and endpoint_id in (select id from endpoints where provider_id = $1)
      limit $5
    ) counted
    ${plannedEachTime}`,
  events: `
    select count(*) as count from (
      select from events where provider_id = $1 and id >= $2 and id < $3 limit $4
    ) counted
    ${plannedEachTime}`,
};

/** Returns whether a list is known to have more rows than a number, without searching it. False if only a search can tell. */
export async function hasClearlyMore(db: Database, name: ListName, search: Search, max: number): Promise<boolean> {
  const { filter } = search;
  // An event may have many deliveries, and a delivery no attempt.
  if (name === "attempts" || rowsOf(name, filter) !== name) return false;
  if (comparesTexts(filter) || Object.values(comparedTables(filter)).includes(true)) return false;
  const [providerId, , endpointIds, , since, until] = searchValues(search);
  const values = [providerId, since, until, ...(name === "events" ? [] : [endpointIds]), max + 1];
  const [counted] = await db.query<{ count: number }>(manyStatements[name], values);
  return (counted?.count ?? 0) > max;
}

/** The tables that have the rows. A first attempt that delivered is stored in its delivery's row. */
const tablesOf: Readonly<Record<ListName, readonly ListName[]>> = {
  deliveries: ["deliveries"],
  attempts: ["deliveries", "attempts"],
  events: ["events"],
};

/** Rows of all three are larger. */
const rowBytesMin = 100;

interface Counted {
  /** Rows in the part of the history that was searched. */
  readonly count: number;
  readonly share: number;
  /** The size of the whole history. */
  readonly bytes: number;
}

/** Estimates a count. After a quiet day, the rate of the last minutes would lead to more rows than the history has. */
export const estimateCount = ({ count, share, bytes }: Counted): number =>
  twoDigits(Math.max(count, Math.min(count / share, count + bytes / rowBytesMin)));

/** A day of the history. */
export interface HistoryDay {
  readonly startsAt: Date;
  readonly bytes: number;
}

// Sizes are exact without statistics, also for today.
const daysStatement = `
  select to_timestamp(right(day.relname, 8), 'YYYYMMDD')::timestamp at time zone 'UTC' as "startsAt",
    pg_relation_size(day.oid) as bytes
  from pg_inherits inheritance
  join pg_class day on day.oid = inheritance.inhrelid
  where inheritance.inhparent = any($1::text[]::regclass[])
  order by day.relname`;

const readDays = (db: Database, tables: readonly ListName[]): Promise<HistoryDay[]> =>
  db.query<HistoryDay>(daysStatement, [tables]);

// The first row along the primary key.
const beginningStatement = `select id from events where provider_id = $1 order by id limit 1`;

async function readBeginning(db: Database, providerId: number): Promise<Date | undefined> {
  const [first] = await db.query<{ id: string }>(beginningStatement, [providerId]);
  return first && timeOfUuidV7(first.id);
}

interface SearchedPart {
  readonly search: Pick<Search, "filter">;
  /** The time of the provider's first event: there are no rows before it. */
  readonly beginsAt: Date | undefined;
  readonly searchedFrom: Date;
  readonly now: Date;
}

/** Returns the share of the history in the filter's span that was searched, by size. Never zero. */
function searchedShare(days: readonly HistoryDay[], { search, beginsAt, searchedFrom, now }: SearchedPart): number {
  const { since, until = now } = search.filter;
  const bytesBetween = (fromMs: number, to: Date): number =>
    days.reduce((sum, { startsAt, bytes }) => {
      const start = Math.max(startsAt.getTime(), beginsAt?.getTime() ?? 0);
      const end = Math.min(daysAfter(startsAt, 1).getTime(), now.getTime());
      const length = end - start;
      const overlap = Math.min(end, to.getTime()) - Math.max(start, fromMs);
      return length <= 0 || overlap <= 0 ? sum : sum + (bytes * overlap) / length;
    }, 0);
  const all = bytesBetween(since?.getTime() ?? 0, until);
  const searched = bytesBetween(searchedFrom.getTime(), until);
  return all === 0 ? 1 : Math.max(searched / all, 1e-6);
}

/** Rounds to two digits: 12,431 is about 12,000. */
function twoDigits(number: number): number {
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(Math.max(number, 1))) - 1);
  return Math.round(number / unit) * unit;
}
