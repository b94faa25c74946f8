import type { Logger } from "pino";
import { deleteExpiredCounters, deleteExpiredSessions, deleteOldAuditRecords, deleteOldKeys } from "#access/index.ts";
import { deleteOldAlerts, deleteRulesOfDeletedEndpoints, evaluateAlerts } from "#alerts/index.ts";
import { systemClock } from "#platform/clock.ts";
import type { Pool, Transaction } from "#platform/database/database.ts";
import { errorMessage } from "#platform/errors.ts";
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
import {
  cancelDueOfDeletedEndpoints,
  deleteForgottenEndpoints,
  deleteOldSentSettings,
  eraseDeletedEndpoint,
} from "#webhooks/endpoints/index.ts";
import { deleteOldJobs, endInterruptedJobs } from "#webhooks/jobs/index.ts";
import { deleteOldReplays } from "#webhooks/replays/index.ts";
import {
  addStatisticsPartitions,
  countOrphans,
  deleteLaneReports,
  dropOldStatistics,
} from "#webhooks/statistics/index.ts";
import { measureHousekeeping } from "./metrics.ts";
import type { Parts } from "./open-parts.ts";

const intervalMs = 60_000;
/** Retention catches up with smaller leaps of the clock within an hour, so they are not logged. */
const leapSeconds = 3600;

interface HousekeepingNeeds extends Pick<Parts, "encryption" | "log" | "metrics" | "clock" | "urls"> {
  readonly pool: Pool;
  readonly retentionDays: number;
  readonly auditRetentionDays: number;
  readonly statisticsDays: number;
  readonly heldQuota: BacklogQuota;
}

/**
 * Runs the periodic jobs, in any number of processes at once.
 *
 * - Each minute: cancels deliveries, erases settings and deletes alert rules of endpoints whose deletion can no longer be undone,
 *   purges deleted failures, expired counters, sessions and idempotency keys, counts attempts of killed engines, and evaluates alerts.
 * - A minute after the start, and then each hour: moves deliveries beyond the quota of held ones to the failure list, creates the
 *   partitions of the coming days, and deletes history, statistics, mails, replays, jobs, alerts and audit records that have expired,
 *   and deleted endpoints that nothing names any more.
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
  const { pool, encryption, log, clock, urls, retentionDays } = needs;
  const pageUrl = (provider: { readonly subdomain: string }, path: string): string =>
    `${urls.adminPortal(provider)}/p/admin${path}`;
  const report = measureHousekeeping(needs.metrics, clock);
  let isHourlyDue = true; // also in processes that never run for an hour: nothing would expire
  for (let minute = 1; ; minute += 1) {
    await clock.sleep(intervalMs, signal);
    if (signal.aborted) return;
    const isDone = await runAll({ signal, log }, [
      () => inBatches(signal, () => pool.inTransaction(cancelDueOfDeletedEndpoints)),
      () => inBatches(signal, () => eraseDeletedEndpoint(pool, encryption, signal)),
      () => inBatches(signal, () => countOrphans(pool)),
      () => inBatches(signal, () => purgeDeletedFailures(pool)),
      () => inBatches(signal, () => endInterruptedJobs(pool)),
      () => inBatches(signal, () => deleteExpiredCounters(pool, clock.now())),
      () => inBatches(signal, () => deleteExpiredSessions(pool, clock.now())),
      () => inBatches(signal, () => deleteOldKeys(pool, clock.now())),
      () => inBatches(signal, () => deleteExpiredChangeCounters(pool, clock.now())),
      () => deleteRulesOfDeletedEndpoints(pool),
      () => evaluateAlerts({ pool, pageUrl, retentionDays }),
    ]);
    isHourlyDue ||= minute % 60 === 0;
    // After a failure, such as a table that was too busy, the next minute tries again.
    if (isHourlyDue) isHourlyDue = !(await runHourly(signal, needs));
    report(isDone && !isHourlyDue);
  }
}

/** Runs every task, whatever becomes of the others, until the process stops. Returns whether all have succeeded. */
export async function runAll(
  { signal, log }: { readonly signal: AbortSignal; readonly log: Pick<Logger, "warn"> },
  tasks: readonly (() => Promise<unknown>)[],
): Promise<boolean> {
  let failures = 0;
  for (const task of tasks) {
    if (signal.aborted) return false;
    try {
      await task();
    } catch (error) {
      failures += 1;
      log.warn({ err: error }, "a part of housekeeping failed; trying again later");
    }
  }
  return failures === 0;
}

/** Repeats work until nothing is left, or until the process stops: the rest is left to the next run. */
async function inBatches(signal: AbortSignal, batch: () => Promise<number | boolean>): Promise<void> {
  while (!signal.aborted && Number(await batch()) > 0);
}

async function applyHeldQuota({ pool, log, heldQuota }: HousekeepingNeeds): Promise<number> {
  const deliveries = await pool.inTransaction((tx) => limitBacklogs(tx, heldQuota));
  if (deliveries > 0) log.info({ deliveries }, "deliveries held beyond the quota were put on the failure list");
  return deliveries;
}

async function runHourly(signal: AbortSignal, needs: HousekeepingNeeds): Promise<boolean> {
  const { pool, log } = needs;
  let isDeleted = false;
  const isDone = await runAll({ signal, log }, [
    () => addComingDays(pool),
    () => addStatisticsPartitions(pool),
    () => inBatches(signal, () => applyHeldQuota(needs)),
    async () => {
      // A day expires only if the machine's clock and the database's agree, so this is not the clock that follows the database.
      const { now, behindSeconds } = await advanceRetention(pool, systemClock.now());
      if (behindSeconds >= leapSeconds) {
        log.warn({ behindSeconds }, "the database's clock has leapt ahead; retention follows it by a day an hour");
      }
      isDeleted = await deleteExpired(signal, now, needs);
    },
  ]);
  return isDone && isDeleted;
}

type RetentionNeeds = Pick<
  HousekeepingNeeds,
  "pool" | "log" | "retentionDays" | "auditRetentionDays" | "statisticsDays"
>;

/** Deletes what has expired, and then the deleted endpoints that nothing names any more. Returns whether all of it has succeeded. */
export function deleteExpired(
  signal: AbortSignal,
  now: Date,
  { pool, log, retentionDays, auditRetentionDays, statisticsDays }: RetentionNeeds,
): Promise<boolean> {
  const keptDays = Math.max(retentionDays, statisticsDays);
  return runAll({ signal, log }, [
    async () => {
      const { days, busy } = await retireExpiredDays(pool, { now, retentionDays, signal });
      if (days.length > 0) log.info({ days }, "history dropped");
      if (busy.length > 0) throw new Error(`tables were too busy to expire: ${busy.map(errorMessage).join("; ")}`);
    },
    async () => {
      const partitions = await dropOldStatistics(pool, now, statisticsDays);
      if (partitions.length > 0) log.info({ partitions }, "statistics dropped");
    },
    () => inBatches(signal, () => deleteOldMails(pool, now, retentionDays)),
    () => inBatches(signal, () => deleteOldReplays(pool, now, retentionDays)),
    () => inBatches(signal, () => deleteOldSentSettings(pool, now, retentionDays)),
    () => inBatches(signal, () => deleteOldJobs(pool, now, retentionDays)),
    () => deleteExpiredMutes(pool, now),
    () => inBatches(signal, () => deleteOldAlerts(pool, now, retentionDays)),
    () => inBatches(signal, () => deleteOldAuditRecords(pool, now, auditRetentionDays)),
    () => inBatches(signal, () => pool.inTransaction((tx) => forgetEndpoints(tx, { now, keptDays }))),
  ]);
}

async function forgetEndpoints(
  tx: Transaction,
  retention: { readonly now: Date; readonly keptDays: number },
): Promise<number> {
  const ids = await deleteForgottenEndpoints(tx, retention);
  if (ids.length > 0) deleteLaneReports(tx, ids);
  return ids.length;
}
