import { Gauge, type Registry } from "prom-client";
import type { Clock } from "#platform/clock.ts";
import type { Database } from "#platform/database/database.ts";
import { readDatabaseSwitches } from "#platform/database/open-database.ts";
import { readHistoryDays, readRetentionBehind } from "#webhooks/deliveries/index.ts";

/** Shows a wrong clock, or a day without its tables, before it does harm; and that the database has changed. */
export function measureDatabase(
  metrics: Registry,
  { db, machine }: { readonly db: Database; readonly machine: Clock },
): void {
  const gauge = (name: string, help: string, read: () => Promise<number>): Gauge =>
    new Gauge({
      name,
      help,
      registers: [metrics],
      async collect() {
        this.set((await read().catch(() => undefined)) ?? Number.NaN);
      },
    });
  gauge(
    "bellwire_clock_ahead_seconds",
    "How far this machine's clock is ahead of the database's, which Bellwire follows; negative if it is behind.",
    async () => (machine.now().getTime() - (await readHistoryDays(db)).now.getTime()) / 1000,
  );
  gauge(
    "bellwire_history_days_ready",
    "Days in a row, from today on, that have their tables; at 0 nothing can be recorded. The same from every process.",
    async () => (await readHistoryDays(db)).daysReady,
  );
  gauge(
    "bellwire_retention_behind_seconds",
    "How far the time that retention goes by is behind the database's clock: up to an hour, more after a leap of the clock. The same from every process.",
    () => readRetentionBehind(db),
  );
  gauge(
    "bellwire_database_switches",
    "How often the database went on from an earlier state, after a failover or a restore: changes may be lost. The same from every process.",
    async () => (await readDatabaseSwitches(db)).count,
  );
}
