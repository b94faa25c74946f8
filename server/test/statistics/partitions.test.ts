import { expect } from "vitest";
import type { Pool } from "#platform/database/database.ts";
import { addStatisticsPartitions, dropOldStatistics } from "#webhooks/statistics/index.ts";
import { test } from "../support/test.ts";

const dayMs = 86_400_000;
const inDays = (days: number): Date => new Date(Date.now() + days * dayMs);
const dayOf = (days: number): string => inDays(days).toISOString().slice(0, 10).replaceAll("-", "");
const monthOf = (days: number): string => dayOf(days).slice(0, 6);

const partitionsOf = async (db: Pool): Promise<readonly string[]> =>
  (
    await db.query<{ name: string }>(
      `select relation.relname as name from pg_inherits join pg_class relation on relation.oid = inhrelid
       where relation.relname like 'statistics%' and relation.relkind in ('r', 'p') order by 1`,
    )
  ).map(({ name }) => name);

test("statistics always have partitions for the coming days", async ({ database }) => {
  await addStatisticsPartitions(database);
  await addStatisticsPartitions(database); // another process
  expect(await partitionsOf(database)).toEqual(
    expect.arrayContaining([
      `statistics_minutes_${dayOf(0)}`,
      `statistics_minutes_${dayOf(14)}`,
      `statistics_hours_${monthOf(14)}`,
      `statistics_days_${monthOf(14)}`,
    ]),
  );
});

test("totals over all event types and rows of single types have separate partitions", async ({ database }) => {
  await addStatisticsPartitions(database);
  const insert = `
    insert into statistics_hours
    select 1, 2, event_type, now(), 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 9, 9, '{}', '{}' from unnest('{"",account.created}'::text[]) event_type
    returning tableoid::regclass::text as name, event_type`;
  const partition = `statistics_hours_${monthOf(0)}`;
  expect(await database.query(insert)).toEqual([
    { name: `${partition}_all`, eventType: "" },
    { name: `${partition}_types`, eventType: "account.created" },
  ]);
});

test("minutes are dropped after three days, and hours and days once their month is older than the setting", async ({
  database,
}) => {
  await addStatisticsPartitions(database);
  // The oldest month has the day 29 days ago.
  expect(await dropOldStatistics(database, inDays(3), 35)).not.toContain(`statistics_minutes_${dayOf(0)}`);
  const dropped = await dropOldStatistics(database, inDays(4), 35);
  expect(dropped).toContain(`statistics_minutes_${dayOf(0)}`);
  expect(dropped.filter((name) => !name.startsWith("statistics_minutes"))).toEqual([]);

  const month = new Date(Date.UTC(inDays(0).getUTCFullYear(), inDays(0).getUTCMonth() + 1, 1));
  const after = (days: number): Date => new Date(month.getTime() + days * dayMs);
  const ofThisMonth = [`statistics_days_${monthOf(0)}`, `statistics_hours_${monthOf(0)}`];
  expect(await dropOldStatistics(database, after(399), 400)).not.toEqual(expect.arrayContaining(ofThisMonth));
  expect(await dropOldStatistics(database, after(400), 400)).toEqual(expect.arrayContaining(ofThisMonth));
});
