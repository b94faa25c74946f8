import { Registry } from "prom-client";
import { expect } from "vitest";
import { insertMail } from "#portal/mails/index.ts";
import { buildProvider } from "../../test/support/build-webhooks.ts";
import { HandDrivenClock } from "../../test/support/hand-driven-clock.ts";
import { test } from "../../test/support/test.ts";
import { until } from "../../test/support/until.ts";
import { providerUrls } from "./addresses.ts";
import { startHousekeeping } from "./housekeeping.ts";
import { createLogger } from "#platform/logger.ts";

const settings = {
  urls: providerUrls("http://localhost:3000", undefined),
  retentionDays: 30,
  auditRetentionDays: 730,
  statisticsDays: 400,
  heldQuota: { rowsMax: 1_000_000, daysMax: 90 },
};

test("expired rows are deleted a minute after the start, so that restarts within the hour keep nothing for ever", async ({
  database: pool,
}) => {
  const mail = { recipient: "nora@fjord.example", subject: "Welcome", text: "Hello" };
  const providerId = await buildProvider(pool);
  const createdAt = new Date(Date.now() - 40 * 86_400_000);
  await pool.inTransaction((tx) => insertMail(tx, providerId, mail, createdAt));
  const clock = new HandDrivenClock();
  await using _housekeeping = startHousekeeping({
    pool,
    clock,
    log: createLogger("silent"),
    metrics: new Registry(),
    ...settings,
  });
  await clock.advance(60_000);
  await until(async () => (await pool.query("select from mails")).length === 0);
  expect(clock.monotonicMs()).toBe(60_000);
});

test("the log names the table that was too busy to expire, and a metric how long that has lasted", async ({
  database: pool,
  owner,
}) => {
  await owner.query("select add_history_days(current_date - 40, current_date - 40)");
  const warned: unknown[] = [];
  const log = Object.assign(createLogger("silent"), { warn: ({ err }: { err: unknown }) => void warned.push(err) });
  const clock = new HandDrivenClock();
  const metrics = new Registry();
  const failing = async (): Promise<number | undefined> =>
    (await metrics.getSingleMetric("bellwire_housekeeping_failing_seconds")?.get())?.values[0]?.value;
  const insert = `
    insert into payloads (provider_id, event_id, format, body, context)
    values (1, uuid_v7_floor(now() - interval '40 days'), 'json', '', '{}')`;
  await owner.query(insert);
  await using _housekeeping = startHousekeeping({ pool, clock, log, metrics, ...settings });
  await owner.inTransaction(async (tx) => {
    await tx.query(insert.replace("values (1", "values (2"));
    await clock.advance(60_000);
    await until(() => warned.length > 0 && clock.sleeping > 0);
    await clock.advance(60_000);
    await until(() => warned.length > 1 && clock.sleeping > 0);
  });
  expect(String(warned[0])).toMatch(/too busy to expire: payloads of \d{4}-\d\d-\d\d: .*lock timeout/);
  expect(await failing()).toBe(60);
  await clock.advance(60_000);
  await until(async () => (await failing()) === 0);
});
