import type { Database } from "#platform/database/database.ts";
import { plannedEachTime } from "#platform/database/pipeline.ts";
import { type ListName, comparedTables, comparesTexts, rowsOf } from "./filter.ts";
import { type SearchNeeds, walk } from "./search.ts";
import { type Search, searchValues } from "./sources.ts";

/** Counting ends here. */
const countMax = 10_000;
/** Or after this time. */
const countMs = 300;

export interface MatchCount {
  /** At most 10,000. */
  readonly count: number;
  /** There are more matches. */
  readonly hasMore: boolean;
}

/** Counts the rows of a list up to 10,000, or as many as 300 ms suffice for, rounded down to one digit: it would be another one each time. */
export async function countMatches(needs: SearchNeeds, name: ListName, search: Search): Promise<MatchCount> {
  const deadline = needs.clock.monotonicMs() + countMs;
  let count = 0;
  for await (const { keys, next } of walk(needs, name, search, "count")) {
    count += keys.length;
    if (count > countMax) return { count: countMax, hasMore: true };
    if (next && needs.clock.monotonicMs() >= deadline) return { count: roundDown(count), hasMore: true };
  }
  return { count, hasMore: false };
}

function roundDown(number: number): number {
  const unit = 10 ** Math.floor(Math.log10(Math.max(number, 1)));
  return Math.floor(number / unit) * unit;
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
