import type { Clock } from "#platform/clock.ts";
import type { Database, FoundPage } from "#platform/database/database.ts";
import { plannedEachTime } from "#platform/database/pipeline.ts";
import { plainArray } from "#platform/database/values.ts";
import type { Node } from "#platform/document.ts";
import { firstUuid, idPattern, lastUuid, msOfUuidV7, timeOfUuidV7, uuidV7Floor } from "#platform/ids.ts";
import { daysAfter } from "#platform/times.ts";
import { type Delivery, type Settlement, deliveryId } from "#webhooks/deliveries/index.ts";
import { type EventKey, type EventSummary, type EventType, dataOfEvent } from "#webhooks/events/index.ts";
import {
  type DeliveryFilter,
  type ListName,
  allValues,
  comparedTables,
  comparesTexts,
  foldCase,
  matchesPayload,
  rowsOf,
} from "./filter.ts";
import { renderKeys, type Search, searchValues, type SourceName, sources, sourcesFor } from "./sources.ts";
import { keysStatement, lookUpStatement } from "./statements.ts";

/** An event of a list. */
export interface FoundEvent extends Omit<EventSummary, "id" | "type"> {
  readonly eventId: string;
  readonly eventType: EventType;
}

/** A delivery of a list, with its event. */
export type FoundDelivery = FoundEvent & Omit<Delivery, "eventType">;

/** An attempt of a list, with its delivery and event. */
export interface FoundAttempt
  extends
    FoundEvent,
    Pick<Delivery, "endpointId" | "endpointName" | "state">,
    Pick<Settlement, "number" | "at" | "status" | "error" | "errorClass" | "latencyMs"> {}

/** The rows of each list. */
interface Found extends Record<ListName, FoundEvent> {
  readonly deliveries: FoundDelivery;
  readonly attempts: FoundAttempt;
}

/** A position in a list: everything up to this key has been searched. Zeros are before the first delivery or attempt. */
export interface SearchCursor {
  readonly eventId: string;
  readonly endpointId: number;
  readonly number: number;
}

/** Begins at the end of the filter's span. Without one, ids of any time are included: clocks may differ. */
const startCursor = ({ filter: { until } }: Search): SearchCursor =>
  positionOf({ eventId: until ? uuidV7Floor(until.getTime()) : lastUuid });

/** Columns that only the comparison of words and payloads needs. */
interface Payload {
  readonly document: Node | null;
  readonly key: EventKey | null;
  readonly endpointId?: number;
  readonly endpointName?: string;
  readonly lastError?: string | null;
  readonly error?: string | null;
}

/** Keys in the order of the list, a column each: a job has up to a million of them. */
interface KeyColumns {
  readonly eventIds: readonly string[] | null;
  readonly endpointIds: readonly number[] | null;
}

interface ReadKeys extends KeyColumns {
  readonly boundaryEventId: string | null;
  readonly boundaryEndpointId: number | null;
}

/** A part of the history, from the cursor back to the first id. */
interface Range {
  readonly after: SearchCursor;
  readonly firstId: string;
  /** The end of each statement. */
  readonly planning: "" | typeof plannedEachTime;
}

interface Step<Row> {
  readonly rows: readonly Row[];
  /** Undefined at the end of the range. */
  readonly next: SearchCursor | undefined;
}

/** Returns $1 to $21. A page of attempts may end within a delivery, so the next one begins with that delivery. */
function rangeValues(name: ListName, search: Search, { after, firstId: first }: Range): readonly unknown[] {
  const values = [...searchValues(search)];
  if (String(values[4]) < first) values[4] = first;
  return [...values, after.eventId, name === "attempts" ? after.endpointId + 1 : after.endpointId];
}

interface StepRequest {
  readonly search: Search;
  readonly source: SourceName;
  readonly range: Range;
  /** The number of keys that each stream of the source reads. */
  readonly candidates: number;
  readonly limit: number;
}

async function readKeys(
  db: Database,
  name: ListName,
  { search, source, range, candidates }: Omit<StepRequest, "limit">,
) {
  const values = rangeValues(name, search, range);
  const [read] = await db.query<ReadKeys>(renderKeys(sources[source]) + range.planning, [...values, candidates]);
  const { eventIds = null, endpointIds = null } = read ?? {};
  const lookedUp = eventIds &&
    endpointIds && [
      ...values.with(4, eventIds.at(-1)).with(5, eventIds[0]),
      plainArray(eventIds),
      plainArray(endpointIds),
    ];
  return { boundary: boundaryOf(read), lookedUp };
}

async function readStep<Name extends ListName>(
  db: Database,
  name: Name,
  request: StepRequest,
): Promise<Step<Found[Name]>> {
  const { search, source, range, limit } = request;
  const { boundary, lookedUp } = await readKeys(db, name, request);
  if (!lookedUp) return { rows: [], next: boundary };
  const lookUp = lookUpStatement(sources[source].keys, rowsOf(name, search.filter)) + range.planning;
  const ofAttempts = name === "attempts" ? [range.after.number] : [];
  const met = await db.query<Found[Name] & Payload & Position>(lookUp, [...lookedUp, limit, ...ofAttempts]);
  const found = met.filter((row) => matchesTexts(search.filter, row));
  const last = met.at(-1);
  return completeStep(name, found, last && met.length === limit ? positionOf(last) : boundary);
}

/** Returns a step up to its end. An event that was found by one of its deliveries is not looked for in the others. */
function completeStep<Row extends Position>(name: ListName, found: Row[], end: SearchCursor | undefined): Step<Row> {
  if (name !== "events") return { rows: found, next: end };
  const rows = found.filter(({ eventId }, at) => eventId !== found[at - 1]?.eventId);
  return { rows, next: end && rows.at(-1)?.eventId === end.eventId ? { ...end, endpointId: 0 } : end };
}

/** Reads the keys of the matches of a step. Their other columns are read only to compare texts. */
async function readMatchingKeys(db: Database, name: ListName, request: StepRequest): Promise<Step<Position>> {
  const { search, source, range, limit } = request;
  const { filter } = search;
  if (comparesTexts(filter)) return readStep(db, name, request);
  const { boundary, lookedUp } = await readKeys(db, name, request);
  if (!lookedUp) return { rows: [], next: boundary };
  const statement = keysStatement(sources[source].keys, rowsOf(name, filter), comparedTables(filter)) + range.planning;
  const ofAttempts = name === "attempts" ? [range.after.number] : [];
  const [met] = await db.query<FoundKeys>(statement, [...lookedUp, limit, ...ofAttempts]);
  const { eventIds, endpointIds, numbers } = met ?? {};
  const found = (eventIds ?? []).map((eventId, at) =>
    positionOf({ eventId, endpointId: endpointIds?.[at] ?? 0, number: numbers?.[at] ?? 0 }),
  );
  return completeStep(name, found, found.length === limit ? found.at(-1) : boundary);
}

interface FoundKeys extends KeyColumns {
  /** Zeros, except of attempts. */
  readonly numbers: readonly number[] | null;
}

interface Position {
  readonly eventId: string;
  readonly endpointId?: number;
  readonly number?: number;
}

const positionOf = ({ eventId, endpointId = 0, number = 0 }: Position): SearchCursor => ({
  eventId,
  endpointId,
  number,
});

function boundaryOf(read: ReadKeys | undefined): SearchCursor | undefined {
  const { boundaryEventId: eventId = null, boundaryEndpointId: endpointId = null } = read ?? {};
  return eventId === null ? undefined : positionOf({ eventId, endpointId: endpointId ?? 0 });
}

/** Returns the position after a row of a list. An event may have been found by a delivery. */
const cursorOf = (name: ListName, row: Position): SearchCursor =>
  positionOf(name === "events" ? { eventId: row.eventId } : row);

/** Compares words and payload, of which PostgreSQL compared only a necessary part. */
function matchesTexts({ words, payload }: DeliveryFilter, row: FoundEvent & Payload): boolean {
  if (!words && !payload) return true;
  const actor = row.actorUserId === null ? { kind: row.actorKind } : { kind: row.actorKind, user_id: row.actorUserId };
  const { document, key, previous, ...event } = row;
  const parts = { ...(key && { key }), ...(previous && { previous }) };
  const data = document && dataOfEvent({ ...event, ...parts, document, actor }, { withCredentials: false });
  const body = { type: row.eventType, timestamp: row.occurredAt.toISOString(), data };
  if (payload && !matchesPayload(payload, body)) return false;
  if (!words) return true;
  const { eventId, endpointId, endpointName, lastError, error, objectId, accountId, accountName } = row;
  const id = endpointId === undefined ? eventId : deliveryId({ eventId, endpointId });
  const texts = [id, objectId, accountId, accountName, endpointName, lastError, error, ...allValues(body)];
  const lines = texts.map((text) => foldCase(String(text ?? "")));
  return words.map(foldCase).every((word) => lines.some((line) => line.includes(word)));
}

/** Rows with which sources are compared. */
const probeRows = 200;

/**
 * Chooses the source that reaches back furthest with the same number of rows: the rarest criterion. So no statistics are
 * needed, and a choice follows the data. Each probe takes about a millisecond.
 */
async function chooseSource(
  db: Database,
  name: ListName,
  { search, range }: { readonly search: Search; readonly range: Range },
): Promise<SourceName> {
  const [first, ...others] = sourcesFor(search.filter, name);
  if (first === undefined) throw new Error("No source covers the filter");
  if (others.length === 0) return first;
  const values = [...rangeValues(name, search, range), probeRows];
  let best = { source: first, boundary: lastUuid };
  for (const source of [first, ...others]) {
    const [read] = await db.query<ReadKeys>(renderKeys(sources[source]) + range.planning, values);
    const boundary = boundaryOf(read);
    if (!boundary) return source;
    if (boundary.eventId < best.boundary) best = { source, boundary: boundary.eventId };
  }
  return best.source;
}

/** Newer parts of the history are shorter: most pages end in the first. PostgreSQL plans no more days than a part has. */
const partDays = { first: 1, second: 6, others: 30 };
const dayMs = 86_400_000;

/** Returns the number of days before now at which the part that contains an id begins. */
function startOfPart(eventId: string, now: Date): number {
  const { first, second, others } = partDays;
  const age = (now.getTime() - msOfUuidV7(eventId)) / dayMs;
  if (age < second) return age < first ? first : second;
  return second + others * (Math.floor((age - second) / others) + 1);
}

// The name of a partition ends in its day. A millisecond for 400 days.
const oldestDayStatement = `
  select to_timestamp(min(right(day.relname, 8)), 'YYYYMMDD')::timestamp at time zone 'UTC' as at
  from pg_inherits inheritance
  join pg_class day on day.oid = inheritance.inhrelid
  where inheritance.inhparent = 'events'::regclass`;

interface OldestDay {
  readonly at: Date | null;
}

const oldestDays = () => ({ readAtMs: -Infinity, days: Promise.resolve<readonly OldestDay[]>([]) });

/** Searches are right whether the day has been dropped since or not, so it is read once an hour. */
const oldestDayMs = 3_600_000;

async function readOldestDay(db: Database, now: Date): Promise<Date | undefined> {
  const cache = db.caches.get(oldestDays);
  if (Math.abs(now.getTime() - cache.readAtMs) > oldestDayMs) {
    const days = db.query<OldestDay>(oldestDayStatement);
    Object.assign(cache, { readAtMs: now.getTime(), days });
    days.catch(() => (cache.readAtMs = -Infinity));
  }
  const [oldest] = await cache.days;
  return oldest?.at ?? undefined;
}

/**
 * A history of more days is planned for the part of each step. A shorter one is searched faster by prepared statements. PostgreSQL
 * plans these for all days in their sixth execution: with 400 days it took 1 to 2 s and 16 MB, for each statement of each connection.
 */
const preparedDays = 180;

/** Returns a function that finds the part of the history after a cursor. The last part begins with the first id. */
function historyParts({ db, clock }: SearchNeeds, { filter: { since } }: Search) {
  const now = clock.now();
  return async (after: SearchCursor): Promise<Range> => {
    const oldest = await readOldestDay(db, now);
    const start = daysAfter(now, -startOfPart(after.eventId, now));
    const isLast = [since, oldest].some((first) => first && start <= first);
    const firstId = isLast ? firstUuid : uuidV7Floor(start.getTime());
    return { after, firstId, planning: oldest && oldest < daysAfter(now, -preparedDays) ? plannedEachTime : "" };
  };
}

export interface SearchNeeds {
  readonly db: Database;
  readonly clock: Pick<Clock, "monotonicMs" | "now">;
}

/** The time after which a page ends, however few rows it has. The rest of 150 ms is for the last step and the response. */
const pageMs = 100;

const candidatesMax = 5000;

export interface PageRequest {
  readonly after?: SearchCursor | undefined;
  readonly limit: number;
}

/**
 * Returns a page of matches, newest event first. A rare combination of criteria may end a page early, even without a row:
 * its `next` continues the search. Pages never skip or repeat a row.
 */
export async function findPage<Name extends ListName>(
  needs: SearchNeeds,
  name: Name,
  search: Search,
  { after, limit }: PageRequest,
): Promise<FoundPage<Found[Name], SearchCursor>> {
  const { db, clock } = needs;
  const deadline = clock.monotonicMs() + pageMs;
  const rows: Found[Name][] = [];
  const sizes = stepSizes(search, { least: 100, most: candidatesMax });
  let candidates: number | undefined;
  const partAfter = historyParts(needs, search);
  for (let range = await partAfter(after ?? startCursor(search)), chosen: Chosen | undefined; ;) {
    const began = clock.monotonicMs();
    // A source is chosen once for each part of the history.
    if (chosen?.firstId !== range.firstId) {
      chosen = { firstId: range.firstId, source: await chooseSource(db, name, { search, range }) };
    }
    const { source } = chosen;
    candidates ??= comparesTexts(search.filter) ? sizes.least : firstStepSize(name, source, { limit, ...sizes });
    const step = await readStep(db, name, { search, source, range, candidates, limit: limit + 1 - rows.length });
    rows.push(...step.rows);
    const last = rows[limit - 1];
    if (rows.length > limit && last) {
      return { rows: rows.slice(0, limit), next: cursorOf(name, last), searchedUntil: null };
    }
    const next = step.next ?? endOf(range);
    if (!next) return { rows, next: null, searchedUntil: null };
    range = await partAfter(next);
    const at = clock.monotonicMs();
    if (at >= deadline) return { rows, next, searchedUntil: timeOfUuidV7(next.eventId) };
    candidates = nextStepSize(candidates, { tookMs: at - began, leftMs: deadline - at, ...sizes });
  }
}

/** An event may have hundreds of deliveries, and all of a step's are read for a page. Most events have two or more. */
const firstStepSize = (
  name: ListName,
  source: SourceName,
  { limit, least }: { limit: number; least: number },
): number =>
  sources[source].keys === "events" && name !== "events" ? Math.ceil((limit + 1) / 2) : Math.max(least, limit + 1);

interface Chosen {
  readonly firstId: string;
  readonly source: SourceName;
}

/** Returns the position at the end of a part of the history, or undefined after the last part. */
const endOf = (range: Range): SearchCursor | undefined =>
  range.firstId === firstUuid ? undefined : positionOf({ eventId: range.firstId });

/** The numbers of keys that a step reads. */
interface StepSizes {
  readonly least: number;
  readonly most: number;
}

/**
 * A comparison of texts reads whole documents. One has a few kilobytes, or up to a megabyte, which takes PostgreSQL 30 ms. So its steps
 * begin with a few.
 */
const textsLeast = 10;

const stepSizes = ({ filter }: Search, usual: StepSizes): StepSizes =>
  comparesTexts(filter) ? { least: textsLeast, most: usual.most } : usual;

/** Grows steps fourfold while the remaining time allows it at the rate of the last step. */
const nextStepSize = (
  candidates: number,
  { tookMs, leftMs, least, most }: StepSizes & { readonly tookMs: number; readonly leftMs: number },
): number => Math.round(Math.max(least, Math.min(4 * candidates, most, (candidates * leftMs) / Math.max(tookMs, 0.1))));

/** A count ends after some hundreds of milliseconds, a job's selection with the last row. */
const walkSizes: Readonly<Record<"count" | "select", StepSizes>> = {
  count: { least: 1000, most: 1000 },
  select: { least: 500, most: 10_000 },
};

/** The rows of a step, of which a key may have many: an event its deliveries, a delivery its attempts. Those with texts are larger. */
const stepRows = { keys: 20_000, texts: 1000 };

/** The matches of a step, and the position after it. */
export interface WalkedStep {
  readonly keys: readonly SearchCursor[];
  readonly next: SearchCursor | undefined;
}

/**
 * Yields the keys of all rows of a list step by step, in the order of pages. A step has as many keys as take as long as a page, within
 * the usual sizes unless texts are compared.
 */
export async function* walk(
  needs: SearchNeeds,
  name: ListName,
  search: Search,
  purpose: keyof typeof walkSizes,
): AsyncGenerator<WalkedStep, void> {
  const { db, clock } = needs;
  const partAfter = historyParts(needs, search);
  const sizes = stepSizes(search, walkSizes[purpose]);
  let candidates = sizes.least;
  for (let position: SearchCursor | undefined = startCursor(search); position;) {
    const range = await partAfter(position);
    const source: SourceName = await chooseSource(db, name, { search, range });
    const began = clock.monotonicMs();
    const { rows, next }: Step<Position> = await readMatchingKeys(db, name, {
      search,
      source,
      range,
      candidates,
      limit: comparesTexts(search.filter) ? stepRows.texts : stepRows.keys,
    });
    candidates = nextStepSize(candidates, { tookMs: clock.monotonicMs() - began, leftMs: pageMs, ...sizes });
    position = next ?? endOf(range);
    yield { keys: rows.map((row) => cursorOf(name, row)), next: position };
  }
}

export const writeSearchCursor = ({ eventId, endpointId, number }: SearchCursor): string =>
  `${eventId}.${endpointId}.${number}`;

const cursorShape = new RegExp(
  String.raw`^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.(0|${idPattern})\.(\d{1,5})$`,
);

/** Returns undefined for a text that is not the cursor of a search. */
export function parseSearchCursor(text: string): SearchCursor | undefined {
  const [, eventId, endpointId, number] = cursorShape.exec(text) ?? [];
  if (eventId === undefined || eventId < firstUuid || Number(number) > 32_767) return undefined;
  return { eventId, endpointId: Number(endpointId), number: Number(number) };
}
