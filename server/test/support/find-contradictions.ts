import type { Pool } from "#platform/database/database.ts";
import { renderXml } from "#platform/xml.ts";
import { outcomeClasses } from "#webhooks/deliveries/index.ts";
import { type EventSummary, followEvents, readEvent, startOfFeed } from "#webhooks/events/index.ts";
import { countOrphans } from "#webhooks/statistics/index.ts";
import { type Recount, readAllStatistics, recountAttempts } from "../statistics/recount.ts";
import { feedsAreComplete } from "./build-webhooks.ts";
import { until } from "./until.ts";

const openWorkStatement = `
  select (select count(*) from due join endpoints on endpoints.id = due.endpoint_id where deleted_at is null)
    + (select count(*) from jobs where finished_at is null and work_at < 'infinity')
    + (select count(*) from replays where finished_at is null) as left`;

/**
 * Counts due deliveries, and unfinished jobs and replays. Deliveries of deleted endpoints may still be due, and a job whose process
 * was killed before it had stored all rows ends after three minutes.
 */
export async function countOpenWork(pool: Pool): Promise<number> {
  const [row] = await pool.query<{ left: number }>(openWorkStatement);
  return row?.left ?? 0;
}

/** Deliveries in two lists, in none, or with another number of attempts than they have. Those of deleted endpoints may still be due. */
const contradictionsStatement = `
  select delivery.event_id, delivery.endpoint_id, delivery.state
  from deliveries delivery
  left join failures failure using (provider_id, event_id, endpoint_id)
  where (failure.event_id is not null and delivery.state <> 'failed')
    or not exists (select from due where due.event_id = delivery.event_id and due.endpoint_id = delivery.endpoint_id)
      and delivery.attempts_made <> (delivery.first_at is not null)::integer + (select count(*) from attempts attempt
      where attempt.provider_id = delivery.provider_id and attempt.event_id = delivery.event_id
        and attempt.endpoint_id = delivery.endpoint_id)
  union all
  select failure.event_id, failure.endpoint_id, 'unknown'
  from failures failure
  where not exists (select from deliveries delivery where delivery.provider_id = failure.provider_id
    and delivery.event_id = failure.event_id and delivery.endpoint_id = failure.endpoint_id)`;

/**
 * Finds deliveries whose lists, attempts and statistics disagree, once no engine counts any more. Statistics may lack some attempts
 * if engines lost lanes while deliveries were cancelled (decision 0027).
 */
export async function findContradictions(
  pool: Pool,
  providerId: number,
  { uncountedMax = 0 } = {},
): Promise<readonly string[]> {
  await feedsAreComplete(pool);
  await until(async () => (await countOrphans(pool)) === 0);
  const rows = await pool.query<{ eventId: string; endpointId: number; state: string }>(contradictionsStatement);
  const counted = attemptsOf(await readAllStatistics(pool, providerId));
  const made = attemptsOf(await recountAttempts(pool, providerId));
  const keys = [...new Set([...Object.keys(counted), ...Object.keys(made)])];
  const isWrong = (key: string): boolean =>
    countedNames.some((_, index) => {
      const missing = (made[key]?.[index] ?? 0) - (counted[key]?.[index] ?? 0);
      return missing < 0 || missing > uncountedMax;
    });
  return [
    ...rows.map(
      ({ eventId, endpointId, state }) => `${eventId}.${endpointId}: ${state}, against its lists or attempts`,
    ),
    ...keys
      .filter(isWrong)
      .map((key) => `${key}: attempts ${made[key]?.join(" ")}, in the statistics ${counted[key]?.join(" ")}`),
  ];
}

/** The numbers that say nothing of what became of the deliveries: of those cancelled or retried later, the history no longer knows. */
const countedNames = [...outcomeClasses, "retries", "latencies"];

const attemptsOf = (recount: Recount): Readonly<Record<string, readonly number[]>> =>
  Object.fromEntries(
    Object.entries(recount).map(([key, totals]) => [key, countedNames.map((name) => totals[name] ?? 0)]),
  );

/** Returns all events of a provider in the order of its feed. */
export async function readFeed(pool: Pool, providerId: number): Promise<readonly EventSummary[]> {
  await feedsAreComplete(pool);
  const events: EventSummary[] = [];
  let after = startOfFeed;
  for (;;) {
    const page = await followEvents(pool, { providerId, after, limit: 7 });
    events.push(...page);
    const last = page.at(-1);
    if (!last) return events;
    after = last;
  }
}

const pathOf = ({ type, accountId, objectId }: EventSummary): string => {
  const [kind = ""] = type.split(".", 1);
  return kind === "account" ? `accounts/${objectId}` : `accounts/${accountId}/${kind}s/${objectId}`;
};

/** Removes an account's users and applications' plans: they have events of their own. */
const ownPart = (xml: string): string =>
  xml.startsWith("<account>")
    ? xml
        .replace(/<users>.*<\/users>/, "")
        .replaceAll(/<plan(?: [^>]*)?>(?:(?!<\/plan>).)*<service_id>.*?<\/plan>/g, "")
    : xml;

/**
 * Builds a mirror of the portal from a feed alone, and finds where it differs from the documents of the API. Events of an account
 * come in the order of their numbers.
 */
export async function findMirrorErrors(
  { pool, providerId }: { readonly pool: Pool; readonly providerId: number },
  feed: readonly EventSummary[],
  readXml: (path: string) => Promise<string>,
): Promise<readonly string[]> {
  const [mirror, last] = [new Map<string, EventSummary>(), new Map<number, number>()];
  const wrong: string[] = [];
  for (const event of feed.filter(({ type }) => /^(account|user|application)\./.test(type))) {
    const before = last.get(event.accountId) ?? 0;
    if (event.sequence !== before + 1)
      wrong.push(`event ${event.sequence} of account ${event.accountId} follows event ${before}`);
    mirror.set(pathOf(event), event);
    last.set(event.accountId, event.sequence);
  }
  for (const [path, { id, type }] of mirror) {
    const xml = await readXml(`/admin/api/${path}.xml`);
    const event = await readEvent(pool, providerId, id);
    const mirrored = type.endsWith(".deleted") || !event ? "" : ownPart(renderXml(event.document));
    const actual = ownPart(xml.slice(xml.indexOf("?>") + 2));
    if (actual !== mirrored) wrong.push(`${path}, last ${type}, is ${actual} and in the mirror ${mirrored}`);
  }
  return wrong;
}
