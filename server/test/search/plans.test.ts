import { expect } from "vitest";
import { keysStatement, lookUpStatement } from "#webhooks/search/statements.ts";
import { firstUuid, lastUuid } from "#platform/ids.ts";
import { renderKeys, sourceNames, sources } from "#webhooks/search/sources.ts";
import { findPage } from "#webhooks/search/index.ts";
import type { Database } from "#platform/database/database.ts";
import { systemClock } from "#platform/clock.ts";
import { test } from "../support/test.ts";
import { buildHistory } from "./build-history.ts";

/** Tables that grow with the history, or with the backlog. */
const large = /(?:events|deliveries|attempts|due)(?:_\d{8})?(?: |$)/;

const everyTable = { event: true, delivery: true, attempt: true };

const statements = [
  ...sourceNames.map((name) => [`keys of ${name}`, renderKeys(sources[name])] as const),
  ...(["deliveries", "events"] as const).flatMap((keys) =>
    (["deliveries", "attempts"] as const).flatMap((rows) => [
      [`${rows} by keys of ${keys}`, lookUpStatement(keys, rows)] as const,
      [`selected ${rows} by keys of ${keys}`, keysStatement(keys, rows, everyTable)] as const,
    ]),
  ),
  ["events by keys of events", lookUpStatement("events", "events")] as const,
  ["selected events by keys of events", keysStatement("events", "events", everyTable)] as const,
];

/** The range and the cursor by number. Without them, PostgreSQL reads no day at all. */
const ids = new Map([
  [5, `'${firstUuid}'`],
  [6, `'${lastUuid}'`],
  [20, `'${lastUuid}'`],
]);

test.for(statements)("an index condition serves every large table: %s", async ([name, text], { tx }) => {
  await tx.query("set local enable_seqscan = off"); // an empty table is scanned only if no index serves it
  await tx.query("set local enable_bitmapscan = off");
  await tx.query("set local plan_cache_mode = force_generic_plan");
  await tx.query(`prepare search_step as ${text}`);
  const count = Math.max(...Array.from(text.matchAll(/\$(\d+)/g), ([, number]) => Number(number)));
  const values = Array.from({ length: count }, (_, at) => ids.get(at + 1) ?? "null");
  const rows = await tx.query<object>(`explain execute search_step (${values.join(", ")})`);
  await tx.query("deallocate search_step");
  const plan = rows.flatMap((row) => Object.values(row).map(String));
  const scans = plan.flatMap((line, at) =>
    / Scan .*on /.test(line) && large.test(line.split(" on ")[1] ?? "")
      ? [{ line, condition: plan[at + 1] ?? "" }]
      : [],
  );
  if (name !== "keys of named") expect(scans.length).toBeGreaterThan(0);
  expect(scans.filter(({ line, condition }) => /Seq Scan/.test(line) || !/Index Cond/.test(condition))).toEqual([]);
});

test("a page of deliveries that are found by their events begins with fewer events than it has rows", async ({
  database,
}) => {
  const { providerId } = await buildHistory(database, { eventCount: 60, days: 1 });
  const read: number[] = [];
  const db: Database = {
    caches: database.caches,
    query: (text, values = []) => {
      if (text.includes("boundary")) read.push(Number(values[21]));
      return database.query(text, values);
    },
  };
  const search = { providerId, filter: { channels: ["developer_portal"] as const }, accountIds: undefined };
  const { rows } = await findPage({ db, clock: systemClock }, "deliveries", search, { limit: 20 });
  expect(rows).toHaveLength(20);
  expect(read[0]).toBeLessThan(20);
});
