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

const intervalMs = 60_000;
/** Retention catches up with smaller leaps of the clock within an hour, so they are not logged. */
const leapSeconds = 3600;

interface HousekeepingNeeds {
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
 * Runs the periodic jobs, in any number of processes at once.
 *
 * - Each minute: cancels deliveries of endpoints whose deletion can no longer be undone, purges deleted failures and expired
 *   counters, counts attempts of killed engines, and evaluates alerts.
 * - Each hour: moves deliveries beyond the quota of held ones to the failure list, creates the partitions of the coming days, and
 *   deletes history, statistics, mails, replays, jobs, alerts and audit records that have expired.
 */
export function startHousekeeping(needs: HousekeepingNeeds): AsyncDisposable {
  const closing = new AbortController();
  const running = runHousekeeping(closing.signal, needs);
  return {
    async [Symbol.asyncDispose]() {
      closing.abort();
      await running;
    },
  };
}

async function runHousekeeping(signal: AbortSignal, needs: HousekeepingNeeds): Promise<void> {
  const { pool, log, clock, urls } = needs;
  const pageUrl = (provider: { readonly subdomain: string }, path: string): string =>
    `${urls.adminPortal(provider)}/p/admin${path}`;
  let isHourlyDue = false;
  for (let minute = 1; ; minute += 1) {
    await systemClock.sleep(intervalMs, signal);
    if (signal.aborted) return;
    try {
      while ((await pool.inTransaction(cancelDueOfDeletedEndpoints)) > 0);
      while ((await countOrphans(pool)) > 0);
      while (await purgeDeletedFailures(pool));
      while ((await deleteExpiredCounters(pool, clock.now())) > 0);
      while ((await deleteExpiredChangeCounters(pool, clock.now())) > 0);
      await evaluateAlerts({ pool, pageUrl });
      isHourlyDue ||= minute % 60 === 0;
      if (!isHourlyDue) continue;
      await applyHeldQuota(needs);
      await maintainHistory(needs);
      isHourlyDue = false; // after a failure, such as a table that was too busy, the next minute tries again
    } catch (error) {
      log.warn({ err: error }, "housekeeping failed; trying again later");
    }
  }
}

async function applyHeldQuota({ pool, log, heldQuota }: HousekeepingNeeds): Promise<void> {
  for (;;) {
    const deliveries = await pool.inTransaction((tx) => limitBacklogs(tx, heldQuota));
    if (deliveries === 0) return;
    log.info({ deliveries }, "deliveries held beyond the quota were put on the failure list");
  }
}

async function maintainHistory({
  pool,
  log,
  retentionDays,
  auditRetentionDays,
  statisticsDays,
}: HousekeepingNeeds): Promise<void> {
  await addComingDays(pool);
  await addStatisticsPartitions(pool);
  // A day expires only if the machine's clock and the database's agree, so this is not the clock that follows the database.
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
