import { systemClock } from "../../server/src/platform/clock/clock.ts";
import { codeOf } from "../../server/src/platform/config/error-words.ts";
import type { Pool } from "../../server/src/platform/database/database.ts";
import { retireExpiredDays } from "../../server/src/webhooks/history/index.ts";
import { feedBacklog } from "../feed-backlog.ts";
import { fillBacklog } from "../fill-backlog.ts";
import { openBenchDatabase } from "../open-database.ts";
import type { Report } from "../open-report.ts";
import { bodyBytes, secret } from "../same-for-all.ts";
import { startBenchReceiver } from "../start-receiver.ts";
import { startServer } from "../start-server.ts";
import { megabytes } from "./wait-for-arrivals.ts";

const level = 20_000;
const expiredDays = 3;
const retentionDays = 30;
const deliveriesPerDay = Number(process.env.BENCH_DELIVERIES ?? 100_000);
const seconds = Number(process.env.BENCH_SECONDS ?? 10);
/** Of so many deliveries one has failed and is still on the list: it is kept. */
const keptOneOf = 100;
/** As the house-keeper does it where a table was too busy. */
const againAfterMs = 60_000;
const triesMax = 5;

// A day of history as it looks when nearly all of it was delivered at the first attempt, so many days ago.
const history = `
  with event as (
    select uuidv7(make_interval(days => -$1::integer)) as id, number from generate_series(1, $2::integer) as number
  ), recorded as (
    insert into events (provider_id, id, type, action, object_id, account_id, account_name, sequence, actor_kind,
      channel, occurred_at, document, renderer_version)
    select 1, id, 'account.created', 'created', number, number, 'Harbour & Sons', 1, 'system', 'system',
      now() - make_interval(days => $1), '{}', 1
    from event
  ), bytes as (
    insert into payloads (provider_id, event_id, format, body, context) select 1, id, '3scale', $3, '{}' from event
  ), ended as (
    insert into deliveries (provider_id, event_id, endpoint_id, state, attempts_made, format)
    select 1, id, 1, case when number % ${keptOneOf} = 0 then 'failed' else 'delivered' end, 1, '3scale' from event
  ), failed as (
    insert into failures (provider_id, endpoint_id, event_id, error, url)
    select 1, 1, id, '500', '' from event where number % ${keptOneOf} = 0
  )
  insert into attempts (provider_id, event_id, endpoint_id, number, at, status, latency_ms)
  select 1, id, 1, 1, now(), 200, 1 from event`;

const partitions = `
  select inhrelid::regclass::text as name from pg_inherits
  where inhparent = any('{events,payloads,deliveries,attempts}'::regclass[])
    and right(inhrelid::regclass::text, 8) < to_char(current_date - $1::integer, 'YYYYMMDD')`;

async function addExpiredDays(owner: Pool): Promise<void> {
  const body = Buffer.alloc(bodyBytes, "<account>Harbour &amp; Sons</account>");
  for (let day = 1; day <= expiredDays; day += 1) {
    const daysAgo = retentionDays + 5 + day;
    await owner.query("select add_history_days(current_date - $1::integer, current_date - $1::integer)", [daysAgo]);
    for (let left = deliveriesPerDay; left > 0; left -= 20_000)
      await owner.query(history, [daysAgo, Math.min(left, 20_000), body]);
  }
  // What is as old has been vacuumed long ago. Else autovacuum would begin with it about now.
  for (const { name } of await owner.query<{ name: string }>(partitions, [retentionDays]))
    await owner.query(`vacuum (analyze, freeze) ${name}`);
  await owner.query("analyze failures");
}

const lockNotAvailable = "55P03";

/** As the house-keeper does it: again in a minute, until nothing is left to drop. Gives how often it took. */
async function dropExpiredDays(appPool: Pool): Promise<number> {
  for (let tries = 1; ; tries += 1) {
    try {
      await retireExpiredDays(appPool, new Date(), retentionDays);
      return tries;
    } catch (error) {
      if (codeOf(error) !== lockNotAvailable || tries === triesMax) throw error;
      await systemClock.sleep(againAfterMs);
    }
  }
}

const left = `
  select (select count(*) from events where id < uuid_v7_floor(current_date - $1::integer))::integer as events,
    (select count(*) from attempts where event_id < uuid_v7_floor(current_date - $1::integer))::integer as attempts`;

async function checkWhatIsLeft(owner: Pool): Promise<void> {
  const kept = (expiredDays * deliveriesPerDay) / keptOneOf;
  const [found] = await owner.query<{ events: number; attempts: number }>(left, [retentionDays]);
  if (found?.events !== kept || found.attempts !== kept)
    throw new Error(`${kept} deliveries are wanted; ${found?.events} events and ${found?.attempts} attempts are left.`);
}

/** The longest time without a send while expired days are dropped, beside that of as long a time without. */
export async function measureRetention(report: Report): Promise<void> {
  using receiver = await startBenchReceiver({ origins: 1, keepsArrivals: true });
  await using database = await openBenchDatabase();
  await using appPool = await database.openAppPool();
  const urls = [`${receiver.origins[0]}/hook`];
  await fillBacklog(database.owner, { ...database, urls, deliveries: level, bodyBytes, secret });
  await addExpiredDays(database.owner);
  await database.owner.query("checkpoint");
  await using _feeding = feedBacklog(database.owner, receiver, level);
  await using engine = await startServer(database, "engine");
  const gapDuring = async (work: Promise<unknown>): Promise<number> => {
    await receiver.arrivals();
    await Promise.all([work, systemClock.sleep(seconds * 1000)]);
    return (await receiver.arrivals()).longestGapMs;
  };
  await systemClock.sleep(3000);
  const usualGapMs = await gapDuring(Promise.resolve());
  const startedMs = performance.now();
  let tries = 0;
  let tookMs = 0;
  const dropping = dropExpiredDays(appPool).then((found) => {
    tries = found;
    tookMs = performance.now() - startedMs;
  });
  const gapMs = await gapDuring(dropping);
  await checkWhatIsLeft(database.owner);
  const numbers = {
    "longest gap ms": Math.round(gapMs),
    "usual longest gap ms": Math.round(usualGapMs),
    "dropping took ms": Math.round(tookMs),
    tries,
    "memory MB": megabytes(engine.memoryMax()),
  };
  report.add(
    { title: "retention", numbers },
    `scale retention: ${expiredDays} days of ${deliveriesPerDay} dropped in ${numbers["dropping took ms"]} ms, at try ${tries}, longest gap ` +
      `between sends ${numbers["longest gap ms"]} ms, without ${numbers["usual longest gap ms"]} ms, memory ${numbers["memory MB"]} MB`,
  );
}
