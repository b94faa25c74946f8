import { systemClock } from "../../server/src/platform/clock/clock.ts";
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

// A day of history as it looks when all of it was delivered at the first attempt, so many days ago.
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
    insert into payloads (provider_id, event_id, format, body) select 1, id, '3scale', $3 from event
  ), ended as (
    insert into deliveries (provider_id, event_id, endpoint_id, state, attempts_made, format)
    select 1, id, 1, 'delivered', 1, '3scale' from event
  )
  insert into attempts (provider_id, event_id, endpoint_id, number, at, status, latency_ms)
  select 1, id, 1, 1, now(), 200, 1 from event`;

async function addExpiredDays(owner: Pool): Promise<void> {
  const body = Buffer.alloc(bodyBytes, "<account>Harbour &amp; Sons</account>");
  for (let day = 1; day <= expiredDays; day += 1) {
    const daysAgo = retentionDays + 5 + day;
    await owner.query("select add_history_days(current_date - $1::integer, current_date - $1::integer)", [daysAgo]);
    for (let left = deliveriesPerDay; left > 0; left -= 20_000)
      await owner.query(history, [daysAgo, Math.min(left, 20_000), body]);
  }
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
  let dropped: readonly string[] = [];
  let tookMs = 0;
  const dropping = retireExpiredDays(appPool, new Date(), retentionDays).then((days) => {
    dropped = days;
    tookMs = performance.now() - startedMs;
  });
  const gapMs = await gapDuring(dropping);
  if (dropped.length < expiredDays) throw new Error(`Of ${expiredDays} expired days, ${dropped.length} were dropped.`);
  const numbers = {
    "longest gap ms": Math.round(gapMs),
    "usual longest gap ms": Math.round(usualGapMs),
    "dropping took ms": Math.round(tookMs),
    "memory MB": megabytes(engine.memoryMax()),
  };
  report.add(
    { title: "retention", numbers },
    `scale retention: ${dropped.length} days of ${deliveriesPerDay} dropped in ${numbers["dropping took ms"]} ms, longest gap ` +
      `between sends ${numbers["longest gap ms"]} ms, without ${numbers["usual longest gap ms"]} ms, memory ${numbers["memory MB"]} MB`,
  );
}
