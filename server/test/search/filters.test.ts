import fc from "fast-check";
import { expect } from "vitest";
import {
  type DeliveryFilterFields,
  type Search,
  type SearchCursor,
  countMatches,
  deliveryFilterFields,
  findPage,
  hasClearlyMore,
  parseDeliveryFilter,
  prepareSearch,
  walk,
} from "#webhooks/search/index.ts";
import type { Pool } from "#platform/database/database.ts";
import { anEvent, buildEndpoint, buildProvider, recordNow } from "../support/build-webhooks.ts";
import { HandDrivenClock } from "../support/hand-driven-clock.ts";
import { test as base } from "../support/test.ts";
import {
  type History,
  type StoredAttempt,
  type StoredDelivery,
  type StoredEvent,
  buildHistory,
} from "./build-history.ts";

/** Of the clock whose days each test database has: from today, its history would be so long that each search plans anew. */
const now = new HandDrivenClock().now();
/** Each day is a partition of four tables, and most of the time of a search is planning. */
const days = 5;
/** Without a time limit. */
const clock = { now: () => now, monotonicMs: () => 0 };
const hoursAgo = (hours: number): string => new Date(now.getTime() - hours * 3_600_000).toISOString();

/** A second provider with a similar history makes every test check tenant isolation, too. */
const test = base.extend("history", { scope: "file" }, async ({ sharedPool }) => {
  const history = await buildHistory(sharedPool, { now, days });
  await buildHistory(sharedPool, { now, days, eventCount: 60 });
  return { pool: sharedPool, ...history };
});

/** A delivery with the attempt that criteria compare: in lists of deliveries and events its last one, or none. */
type Candidate = StoredDelivery & { readonly attempt: StoredAttempt | undefined };

type Samples = { readonly [Name in keyof typeof deliveryFilterFields]-?: readonly DeliveryFilterFields[Name][] };

const samplesOf = ({ events, deliveries, endpointIds }: History): Samples => ({
  state: [["pending"], ["delivered"], ["failed"], ["cancelled"], ["failed", "cancelled"], ["pending", "delivered"]],
  endpoint_id: [endpointIds.slice(0, 1), endpointIds.slice(1), [1]],
  event_type: [["account.created"], ["account.*"], ["user.created", "application.*"], ["*"]],
  since: [hoursAgo(100), "-10h", "-30m", "-4w", "-6d"],
  until: [hoursAgo(100), "-10h", "-4w"],
  status: [["500"], ["5xx"], ["201"], ["400-499"], ["404", "301"], ["2xx"], ["200-204"], ["429"]],
  error_class: [["timeout"], ["connection"], ["tls"], ["forbidden"], ["5xx"], ["2xx"], ["3xx", "4xx"]],
  attempts_min: [0, 1, 2, 4, 9],
  attempts_max: [0, 1, 3],
  latency_min: [0, 50, 100, 101, 5000, 60_000],
  account: ["harbour", "Harbour Ltd", "Ähre", '"', "100%", String(events[0]?.accountId), "7"],
  object_id: [501, 539, 7],
  actor: ["developer", "developer:22", "admin", "token:3", "key", "system", "developer:3"],
  channel: [["api"], ["system"], ["developer_portal", "admin_portal"]],
  event_id: [[events[3]?.eventId ?? ""], events.slice(9, 60).map(({ eventId }) => eventId)],
  q: [
    "harbour",
    "quay harbour",
    "503",
    '"ferry"',
    "MIRA+3@",
    "crm",
    "ähre",
    "Ä",
    '"',
    deliveries[5]?.eventId,
    "concealed",
  ],
  payload: [
    "data.account.org_name = Harbour & Sons",
    "data.account.email = mira+3@quay.example",
    'data.user.email ~ "MIRA+3"',
    "type = user.created",
    "data.account.user_key = concealed",
    `timestamp = ${events[7]?.occurredAt.toISOString() ?? ""}`,
    `timestamp ~ ${hoursAgo(48).slice(0, 11)}`,
    'data.account.org_name ~ "Ä"',
    "Ä",
    "mira+3",
    "concealed",
  ],
});

type Wanted = { readonly [Name in keyof DeliveryFilterFields]-?: NonNullable<DeliveryFilterFields[Name]> };
type Criteria = { readonly [Name in keyof Wanted]: (candidate: Candidate, wanted: Wanted[Name]) => boolean };

const hours: Readonly<Record<string, number>> = { m: 1 / 60, h: 1, d: 24, w: 7 * 24 };
const momentOf = (text: string): number =>
  text.startsWith("-")
    ? now.getTime() - Number(text.slice(1, -1)) * (hours[text.slice(-1)] ?? 0) * 3_600_000
    : Date.parse(text);

const classOf = ({ status, errorClass }: StoredAttempt): string =>
  status === null ? (errorClass ?? "connection") : `${String(status).charAt(0)}xx`;

const isInRange = (status: number, range: string): boolean => {
  const [from = "", to = from] = range.split("-");
  return status >= Number(from.replace("xx", "00")) && status <= Number(to.replace("xx", "99"));
};

const bodyOf = ({ type, occurredAt, objectId, accountId, accountName, email, ...event }: StoredEvent) => {
  const [kind = "", userId] = event.actor.split(":");
  const name = type.split(".")[0] ?? "";
  const account = { id: accountId, org_name: accountName };
  const object = { id: objectId, email };
  return {
    type,
    timestamp: occurredAt.toISOString(),
    data: {
      ...(name === "account" ? { account: { ...object, org_name: accountName } } : { [name]: object, account }),
      actor: userId === undefined ? { kind } : { kind, user_id: Number(userId) },
      channel: event.channel,
      sequence: event.sequence,
    },
  };
};

/** Returns every path to a value with the value: `data.account.id`, `31`. */
const valuesIn = (value: unknown, path = ""): readonly (readonly [string, string])[] =>
  typeof value === "object" && value !== null
    ? Object.entries(value).flatMap(([name, child]) => valuesIn(child, path === "" ? name : `${path}.${name}`))
    : [[path, String(value)]];

const contains = (text: string, part: string): boolean => text.toLowerCase().includes(part.toLowerCase());

/** Compares a criterion with plain values. The compiler requires an entry for each. */
const criteria: Criteria = {
  state: ({ state }, wanted) => wanted.some((each) => each === state),
  endpoint_id: ({ endpointId }, wanted) => wanted.includes(endpointId),
  event_type: ({ type }, wanted) =>
    wanted.some((each) => each === "*" || type === each || (each.endsWith(".*") && type.startsWith(each.slice(0, -1)))),
  since: ({ occurredAt }, wanted) => occurredAt.getTime() >= momentOf(wanted),
  until: ({ occurredAt }, wanted) => occurredAt.getTime() < momentOf(wanted),
  status: ({ attempt }, wanted) => {
    const status = attempt?.status ?? null;
    return status !== null && wanted.some((range) => isInRange(status, range));
  },
  error_class: ({ attempt }, wanted) =>
    attempt !== undefined && attempt.error !== null && wanted.some((each) => each === classOf(attempt)),
  attempts_min: ({ attemptsMade }, wanted) => attemptsMade >= wanted,
  attempts_max: ({ attemptsMade }, wanted) => attemptsMade <= wanted,
  latency_min: ({ attempt }, wanted) => attempt !== undefined && attempt.latencyMs >= wanted,
  account: ({ accountId, accountName }, wanted) =>
    /^\d+$/.test(wanted) ? accountId === Number(wanted) : startsWith(accountName, wanted),
  object_id: ({ objectId }, wanted) => objectId === wanted,
  actor: ({ actor }, wanted) => actor === wanted || actor.startsWith(`${wanted}:`),
  channel: ({ channel }, wanted) => wanted.some((each) => each === channel),
  event_id: ({ eventId }, wanted) => wanted.includes(eventId),
  q: (candidate, wanted) => {
    const { eventId, endpointId, endpointName, accountId, objectId, attempt } = candidate;
    const heads = [`${eventId}.${endpointId}`, endpointName, accountId, objectId, attempt?.error ?? ""].map(String);
    const lines = [...heads, ...valuesIn(bodyOf(candidate)).map(([, value]) => value)];
    return wanted.split(" ").every((word) => lines.some((line) => contains(line, word)));
  },
  payload: (candidate, wanted) => {
    const values = valuesIn(bodyOf(candidate));
    const [path = "", operator, given = ""] = wanted.split(/ ([=~]) /);
    if (operator === undefined) return values.some(([, value]) => contains(value, wanted));
    const text = given.replaceAll('"', "");
    return values.some(([at, value]) => at === path && (operator === "=" ? value === text : contains(value, text)));
  },
};

const startsWith = (name: string, start: string): boolean => name.toLowerCase().startsWith(start.toLowerCase());

const names = Object.keys(deliveryFilterFields).filter((name): name is keyof Criteria => name in criteria);

const matches = (candidate: Candidate, fields: DeliveryFilterFields): boolean =>
  names.every((name) => matchesOne(name, candidate, fields[name]));

const matchesOne = <Name extends keyof Wanted>(
  name: Name,
  candidate: Candidate,
  wanted: Wanted[Name] | undefined,
): boolean => wanted === undefined || criteria[name](candidate, wanted);

/** The keys that a list must have, in order. */
const expected = {
  deliveries: ({ deliveries }: History, fields: DeliveryFilterFields) =>
    deliveries
      .filter((delivery) => matches({ ...delivery, attempt: delivery.attempts.at(-1) }, fields))
      .map(({ eventId, endpointId }) => `${eventId}.${endpointId}`),
  attempts: ({ deliveries }: History, fields: DeliveryFilterFields) =>
    deliveries.flatMap((delivery) =>
      delivery.attempts
        .toReversed()
        .filter((attempt) => matches({ ...delivery, attempt }, fields))
        .map(({ number }) => `${delivery.eventId}.${delivery.endpointId}.${number}`),
    ),
  events: ({ events, deliveries }: History, fields: DeliveryFilterFields) => {
    const isOfDeliveries = names.some((name) => fields[name] !== undefined && deliveryCriteria.has(name));
    const eventIds = new Set(
      expected.deliveries({ events, deliveries, providerId: 0, endpointIds: [] }, fields).map(eventOf),
    );
    const alone = { endpointId: 0, endpointName: "", state: "", attemptsMade: 0, attempts: [], attempt: undefined };
    return events
      .filter((event) => (isOfDeliveries ? eventIds.has(event.eventId) : matches({ ...event, ...alone }, fields)))
      .map(({ eventId }) => eventId);
  },
};

const eventOf = (key: string): string => key.split(".")[0] ?? "";
const deliveryCriteria: ReadonlySet<string> = new Set(
  "state endpoint_id status error_class attempts_min attempts_max latency_min".split(" "),
);

type ListName = keyof typeof expected;
const lists: readonly ListName[] = ["deliveries", "attempts", "events"];

/** Reads all pages of a list: ten of `limit` rows, and larger ones for the rest. */
async function readPages(
  history: History & { readonly pool: Pool },
  list: ListName,
  fields: DeliveryFilterFields,
  limit = 150, // three pages of 400 rows; another test reads pages of any size
) {
  const search = await searchFor(history, fields);
  const keys: string[] = [];
  let after: SearchCursor | null | undefined;
  for (let pages = 0; after !== null; pages += 1) {
    const rowsMax = pages < 10 ? limit : 150;
    const page = await findPage({ db: history.pool, clock }, list, search, { after, limit: rowsMax });
    expect(page.rows.length).toBeLessThanOrEqual(rowsMax);
    keys.push(...page.rows.map((row) => keyOf(list, row)));
    after = page.next;
  }
  return keys;
}

async function selectKeys(db: Pool, list: ListName, search: Search): Promise<string[]> {
  const selected: string[] = [];
  for await (const { keys } of walk({ db, clock }, list, search, "select")) {
    selected.push(...keys.map((key) => keyOf(list, key)));
  }
  return selected;
}

async function searchFor(history: History & { readonly pool: Pool }, fields: DeliveryFilterFields) {
  const parsed = parseDeliveryFilter(fields, now);
  if ("refused" in parsed) throw new Error(JSON.stringify(parsed.refused));
  const prepared = await prepareSearch(history.pool, history.providerId, parsed.filter);
  if ("refused" in prepared) throw new Error(JSON.stringify(prepared.refused));
  return prepared.search;
}

function keyOf(list: ListName, row: object): string {
  const parts = {
    deliveries: ["eventId", "endpointId"],
    attempts: ["eventId", "endpointId", "number"],
    events: ["eventId"],
  };
  return parts[list].map((name) => String(Object.getOwnPropertyDescriptor(row, name)?.value)).join(".");
}

test.for(names)(
  "a filter by %s alone finds and counts exactly the matching rows of each list",
  async (name, { history }) => {
    for (const sample of samplesOf(history)[name]) {
      for (const list of lists) {
        const fields = { [name]: sample };
        const rows = expected[list](history, fields);
        expect({ list, fields, found: await readPages(history, list, fields) }).toEqual({
          list,
          fields,
          found: rows,
        });
        const search = await searchFor(history, fields);
        expect(await hasClearlyMore(history.pool, list, search, rows.length)).toBe(false);
        const counted = await countMatches({ db: history.pool, clock }, list, search);
        expect({ list, fields, ...counted }).toEqual({ list, fields, count: rows.length, hasMore: false });
      }
    }
  },
);

test("each criterion has a sample that finds deliveries", ({ history }) => {
  const counts = names.map((name) => {
    const matchCounts = samplesOf(history)[name].map(
      (sample) => expected.deliveries(history, { [name]: sample }).length,
    );
    return [name, Math.max(...matchCounts) > 0];
  });
  expect(counts).toEqual(names.map((name) => [name, true]));
});

test("any combination of criteria finds and selects exactly the rows that match all of them, on pages of any size", async ({
  history,
}) => {
  const samples = samplesOf(history);
  const combination = fc
    .uniqueArray(fc.constantFrom(...names), { minLength: 2, maxLength: 4 })
    .chain((chosen) => fc.record(Object.fromEntries(chosen.map((name) => [name, fc.constantFrom(...samples[name])]))));
  await fc.assert(
    fc.asyncProperty(
      combination,
      fc.constantFrom(...lists),
      fc.integer({ min: 1, max: 30 }),
      async (fields, list, limit) => {
        const rows = expected[list](history, fields);
        expect(await readPages(history, list, fields, limit)).toEqual(rows);
        expect(await selectKeys(history.pool, list, await searchFor(history, fields))).toEqual(rows);
      },
    ),
    { numRuns: 60 },
  );
});

test("the parts of the history that a search walks along change neither its rows nor their order", async ({
  history,
}) => {
  const parts = fc.record({
    days: fc.integer({ min: 0, max: 100 }), // of the clock after the history's end: parts begin at other times of it
    list: fc.constantFrom(...lists),
    fields: fc.constantFrom<DeliveryFilterFields>(
      {},
      { state: ["failed"] },
      { since: hoursAgo(70) },
      { until: hoursAgo(50) },
    ),
    limit: fc.integer({ min: 40, max: 200 }),
  });
  await fc.assert(
    fc.asyncProperty(parts, async ({ days: later, list, fields, limit }) => {
      const search = await searchFor(history, fields);
      const needs = {
        db: history.pool,
        clock: { ...clock, now: () => new Date(now.getTime() + later * 24 * 3_600_000) },
      };
      const inParts: string[] = [];
      for (let after: SearchCursor | null | undefined; after !== null;) {
        const { rows, next } = await findPage(needs, list, search, { after, limit });
        inParts.push(...rows.map((row) => keyOf(list, row)));
        after = next;
      }
      expect(inParts).toEqual(expected[list](history, fields));
    }),
    { numRuns: 30 },
  );
});

test("a search for a delivery's id finds it across the steps of a search", async ({ history }) => {
  // Words have no index, and a month later the history is one part, so the first steps end after 10, 50 and 210 deliveries.
  const later = { ...clock, now: () => new Date(now.getTime() + 30 * 24 * 3_600_000) };
  const ids = history.deliveries.map(({ eventId, endpointId }) => `${eventId}.${endpointId}`);
  expect(ids.length).toBeGreaterThan(200);
  // Each search reads the texts of all deliveries before its own: those at the ends of steps, and some of the others.
  const searched = ids.filter(
    (_, at) => at % 13 === 0 || [9, 10, 49, 50, 209, 210].includes(at) || at === ids.length - 1,
  );
  const results = searched.map(async (q) => {
    const { rows } = await findPage(
      { db: history.pool, clock: later },
      "deliveries",
      await searchFor(history, { q, until: hoursAgo(0) }),
      {
        limit: 1,
      },
    );
    return rows.map((row) => keyOf("deliveries", row));
  });
  expect(await Promise.all(results)).toEqual(searched.map((id) => [id]));
});

test.for(["q", "payload"] as const)(
  "a search by %s reads a few documents at a time while these take long",
  async (criterion, { history }) => {
    let readings = 0;
    const slow = { now: () => now, monotonicMs: () => (readings += 1) * 60_000 };
    const needs = { db: history.pool, clock: slow };
    const search = await searchFor(history, { [criterion]: "a" });
    const { rows, next } = await findPage(needs, "events", search, { limit: 200 });
    expect([rows.length, next]).toEqual([10, expect.anything()]);

    const total = expected.events(history, {}).length;
    for (const purpose of ["select", "count"] as const) {
      const sizes: number[] = [];
      for await (const step of walk(needs, "events", search, purpose)) sizes.push(step.keys.length);
      expect(Math.max(...sizes)).toBe(10);
      expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(total);
    }
  },
);

test("a job processes every matching delivery once, in page order", async ({ history }) => {
  const fields: DeliveryFilterFields = { state: ["failed", "pending"], account: "harbour" };
  const keys = await selectKeys(history.pool, "deliveries", await searchFor(history, fields));
  expect(keys).toEqual(expected.deliveries(history, fields));
});

test.for<readonly [DeliveryFilterFields, readonly string[]]>([
  [{}, []],
  [{ channel: ["api"] }, ["events"]],
  [{ attempts_min: 1 }, ["deliveries", "due"]],
  [{ latency_min: 1 }, ["attempts", "deliveries", "due"]],
])(
  "a selection of deliveries by %j looks up only the tables that its criteria are about",
  async ([fields, tables], { history: { pool, ...history } }) => {
    const lookUps: string[] = [];
    const query: Pool["query"] = (text, values) => {
      if (text.includes("candidate")) lookUps.push(text);
      return pool.query(text, values);
    };
    const db = { ...pool, query };
    const keys = await selectKeys(db, "deliveries", await searchFor({ pool, ...history }, fields));
    expect(keys).toEqual(expected.deliveries(history, fields));
    const read = lookUps.flatMap((text) => Array.from(text.matchAll(/select \* from (\w+)/g), ([, table]) => table));
    expect(lookUps.length).toBeGreaterThan(0);
    expect(new Set(read)).toEqual(new Set(tables));
  },
);

test("a list that is too long for a job is recognised without a search", async ({ history }) => {
  const [endpointId = 0] = history.endpointIds;
  const ended = history.deliveries.filter(({ state }) => state !== "pending");
  const longLists: readonly (readonly [ListName, DeliveryFilterFields, number])[] = [
    ["events", {}, history.events.length - 1],
    ["events", { since: hoursAgo(50), until: "-10h" }, 1],
    ["deliveries", {}, ended.length - 1],
    ["deliveries", { endpoint_id: [endpointId] }, ended.filter((each) => each.endpointId === endpointId).length - 1],
  ];
  for (const [list, fields, max] of longLists) {
    const search = await searchFor(history, fields);
    expect([list, fields, await hasClearlyMore(history.pool, list, search, max)]).toEqual([list, fields, true]);
  }
});

test("a count ends at 10,000, and otherwise says in time that there are more than some", async ({
  history: { pool },
}) => {
  const providerId = await buildProvider(pool);
  const endpointId = await buildEndpoint(pool, { providerId, url: "http://127.0.0.1:9/" });
  await recordNow(
    pool,
    { providerId },
    Array.from({ length: 1250 }, () => anEvent()),
  );
  const insertAttempts = (firstNumber: number, lastNumber: number, events: number) =>
    pool.query(
      `insert into attempts (provider_id, event_id, endpoint_id, number, at, status, latency_ms)
       select event.provider_id, event.id, $2, number, event.occurred_at, 500, 3
       from (select * from events where provider_id = $1 order by id desc limit $5) event, generate_series($3::integer, $4::integer) number`,
      [providerId, endpointId, firstNumber, lastNumber, events],
    );
  await insertAttempts(1, 8, 1250);
  const prepared = await prepareSearch(pool, providerId, {});
  if ("refused" in prepared) throw new Error(JSON.stringify(prepared));
  const countAt = (...readings: readonly number[]) => {
    const left = [...readings];
    const slow = { now: clock.now, monotonicMs: () => left.shift() ?? readings.at(-1) ?? 0 };
    return countMatches({ db: pool, clock: slow }, "attempts", prepared.search);
  };
  expect(await countAt(0)).toEqual({ count: 10_000, hasMore: false });
  await insertAttempts(9, 9, 100);
  expect(await countAt(0)).toEqual({ count: 10_000, hasMore: true });
  expect(await countAt(0, 60_000)).toEqual({ count: 8000, hasMore: true }); // 8,100 of the newest thousand
});
