import type { Logger } from "pino";
import { deleteExpiredCounters, deleteOldAuditRecords } from "#access/index.ts";
import { deleteOldAlerts, evaluateAlerts } from "#alerts/index.ts";
import { type Clock, systemClock } from "#platform/clock.ts";
import type { Pool } from "#platform/database/database.ts";
import { deleteExpiredChangeCounters } from "#portal/accounts/index.ts";
import { deleteOldMails } from "#portal/mails/index.ts";
import {
  type BacklogQuota,
  addComingDays,
  advanceRetention,
  deleteExpiredMutes,
  limitBacklogs,
  purgeDeletedFailures,
  retireExpiredDays,
} from "#webhooks/deliveries/index.ts";
import { cancelDueOfDeletedEndpoints, deleteOldSentSettings } from "#webhooks/endpoints/index.ts";
import { deleteOldJobs } from "#webhooks/jobs/index.ts";
import { deleteOldReplays } from "#webhooks/replays/index.ts";
import { addStatisticsPartitions, countOrphans, dropOldStatistics } from "#webhooks/statistics/index.ts";
import type { ProviderUrls } from "./addresses.ts";

const minuteMs = 60_000;
/** Retention follows smaller leaps within the hour. */
const leapSeconds = 3600;

interface HouseNeeds {
  readonly pool: Pool;
  readonly log: Logger;
  readonly clock: Clock;
  readonly urls: ProviderUrls;
  readonly retentionDays: number;
  readonly auditRetentionDays: number;
  readonly statisticsDays: number;
  readonly heldQuota: BacklogQuota;
}

/**
 * Runs the periodic jobs, in any number of processes at once. Each minute: deliveries of endpoints whose deletion can no longer be
 * undone are cancelled, deleted failures are purged, attempts of killed engines are counted, and alerts are evaluated.
 * Each hour: what is held beyond the quota is given up, the coming days of the history and of the statistics are made, the
 * expired ones dropped, and with them mails, replays and jobs that are as old and over, and audit records beyond
 * their own retention.
 */
export function startHousekeeping(needs: HouseNeeds): AsyncDisposable {
  const closing = new AbortController();
  const running = keepHouseUntil(closing.signal, needs);
  return {
    async [Symbol.asyncDispose]() {
      closing.abort();
      await running;
    },
  };
}

async function keepHouseUntil(signal: AbortSignal, needs: HouseNeeds): Promise<void> {
  const { pool, log, clock, urls } = needs;
  const pageUrl = (provider: { readonly subdomain: string }, path: string): string =>
    `${urls.adminPortal(provider)}/p/admin${path}`;
  let isHourlyDue = false;
  for (let minute = 1; ; minute += 1) {
    await systemClock.sleep(minuteMs, signal);
    if (signal.aborted) return;
    try {
      await pool.inTransaction(cancelDueOfDeletedEndpoints);
      while ((await countOrphans(pool)) > 0);
      while (await purgeDeletedFailures(pool));
      while ((await deleteExpiredCounters(pool, clock.now())) > 0);
      while ((await deleteExpiredChangeCounters(pool, clock.now())) > 0);
      await evaluateAlerts({ pool, pageUrl });
      isHourlyDue ||= minute % 60 === 0;
      if (!isHourlyDue) continue;
      await keepBacklogs(needs);
      await keepHistory(needs);
      isHourlyDue = false; // else it failed, perhaps since a day was too busy for its swap: again in a minute
    } catch (error) {
      log.warn({ err: error }, "housekeeping failed; trying again later");
    }
  }
}

async function keepBacklogs({ pool, log, heldQuota }: HouseNeeds): Promise<void> {
  for (;;) {
    const deliveries = await pool.inTransaction((tx) => limitBacklogs(tx, heldQuota));
    if (deliveries === 0) return;
    log.info({ deliveries }, "deliveries held beyond the quota were put on the failure list");
  }
}

async function keepHistory({
  pool,
  log,
  retentionDays,
  auditRetentionDays,
  statisticsDays,
}: HouseNeeds): Promise<void> {
  await addComingDays(pool);
  await addStatisticsPartitions(pool);
  // The machine's own clock, and not the one that follows the database's: it takes two to call a day expired.
  const { now, behindSeconds } = await advanceRetention(pool, systemClock.now());
  if (behindSeconds >= leapSeconds) {
    log.warn({ behindSeconds }, "the database's clock has leapt ahead; retention follows it by a day an hour");
  }
  const days = await retireExpiredDays(pool, now, retentionDays);
  if (days.length > 0) log.info({ days }, "history dropped");
  const statistics = await dropOldStatistics(pool, now, statisticsDays);
  if (statistics.length > 0) log.info({ partitions: statistics }, "statistics dropped");
  while ((await deleteOldMails(pool, now, retentionDays)) > 0);
  while ((await deleteOldReplays(pool, now, retentionDays)) > 0);
  while ((await deleteOldSentSettings(pool, now, retentionDays)) > 0);
  while ((await deleteOldJobs(pool, now, retentionDays)) > 0);
  await deleteExpiredMutes(pool, now);
  while ((await deleteOldAlerts(pool, now, retentionDays)) > 0);
  while ((await deleteOldAuditRecords(pool, now, auditRetentionDays)) > 0);
}
