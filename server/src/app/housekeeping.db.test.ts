import { Registry } from "prom-client";
import { expect } from "vitest";
import { insertMail } from "#portal/mails/index.ts";
import { createLogger } from "#platform/logger.ts";
import { buildProvider, encryption } from "../../test/support/build-webhooks.ts";
import { HandDrivenClock } from "../../test/support/hand-driven-clock.ts";
import { test } from "../../test/support/test.ts";
import { until } from "../../test/support/until.ts";
import { providerUrls } from "./listening.ts";
import { startHousekeeping } from "./housekeeping.ts";

const settings = {
  urls: providerUrls("http://localhost:3000", undefined),
  retentionDays: 30,
  auditRetentionDays: 730,
  statisticsDays: 400,
  heldQuota: { rowsMax: 1_000_000, daysMax: 90 },
};

const insertOldAndNew = `
  with evaluated as (
    insert into alert_schedules (provider_id, evaluated_at) values ($1, now())
  ), closed as (
    insert into alerts (provider_id, endpoint_id, kind, state, since, closed_at, sentence)
    values ($1, 1, 'disabled', 'closed', now(), now() - interval '31 days', 'old'),
      ($1, 1, 'exhausted', 'closed', now(), now() - interval '29 days', 'new'),
      ($1, 2, 'exhausted', 'open', now() - interval '31 days', null, 'open')
  ), replayed as (
    insert into replays (provider_id, endpoint_id, since, until, kind, last_event, event_types, finished_at)
    values ($1, 1, now(), now(), 'all', gen_random_uuid(), '{old}', now() - interval '31 days'),
      ($1, 1, now(), now(), 'all', gen_random_uuid(), '{new}', now() - interval '29 days'),
      ($1, 1, now() - interval '31 days', now() - interval '31 days', 'all', gen_random_uuid(), '{running}', null)
  ), worked as (
    insert into jobs (provider_id, kind, subject, selection, actor_kind, error, finished_at)
    values ($1, 'retry', 'failures', '{}', 'key', 'old', now() - interval '31 days'),
      ($1, 'retry', 'failures', '{}', 'key', 'new', now() - interval '29 days'),
      ($1, 'export', 'events', '{}', 'key', 'old export', now() - interval '8 days'),
      ($1, 'export', 'events', '{}', 'key', 'new export', now() - interval '6 days'),
      ($1, 'retry', 'failures', '{}', 'key', 'running', null)
  )
  insert into failure_mutes (provider_id, cause, until)
  values ($1, 'old', now() - interval '1 second'), ($1, 'new', now() + interval '1 hour'), ($1, 'without end', null)`;

const readOldAndNew = `
  select 'alert' as kind, sentence as name from alerts union all select 'replay', event_types[1] from replays
  union all select 'job', error from jobs union all select 'mute', cause from failure_mutes
  order by kind, name`;

test("expired rows are deleted a minute after the start, so that restarts within the hour keep nothing for ever", async ({
  database: pool,
}) => {
  const mail = { recipient: "nora@fjord.example", subject: "Welcome", text: "Hello" };
  const providerId = await buildProvider(pool);
  const createdAt = new Date(Date.now() - 40 * 86_400_000);
  await pool.inTransaction((tx) => insertMail(tx, providerId, mail, createdAt));
  await pool.query(insertOldAndNew, [providerId]);
  const clock = new HandDrivenClock();
  await using _housekeeping = startHousekeeping({
    pool,
    encryption,
    clock,
    log: createLogger("silent"),
    metrics: new Registry(),
    ...settings,
  });
  await clock.advance(60_000);
  await until(async () => (await pool.query("select from mails")).length === 0);
  await until(() => clock.sleeping > 0); // all of it has been done
  expect(
    (await pool.query<{ kind: string; name: string }>(readOldAndNew)).map(({ kind, name }) => `${kind} ${name}`),
  ).toEqual([
    "alert new",
    "alert open",
    "job new",
    "job new export",
    "job running",
    "mute new",
    "mute without end",
    "replay new",
    "replay running",
  ]);
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
  await using _housekeeping = startHousekeeping({ pool, encryption, clock, log, metrics, ...settings });
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
