import { Gauge, type Registry } from "prom-client";
import type { Database } from "#platform/database/database.ts";
import { countWaitingMails } from "#portal/mails/index.ts";
import { type DueMeasure, countAllFailures, countHeld, measureDue } from "#webhooks/deliveries/index.ts";

/**
 * What waits in the database: the same from every process. A database that does not answer leaves them NaN, and the rest
 * of what is told as it is.
 */
export function measureBacklog(metrics: Registry, db: Database): void {
  const gauge = (name: string, help: string, read: () => Promise<number>): Gauge =>
    new Gauge({
      name,
      help: `${help} The same from every process.`,
      registers: [metrics],
      async collect() {
        this.set((await read().catch(() => undefined)) ?? Number.NaN);
      },
    });
  // One statement for those that it tells, which a scrape asks for at once.
  let measuring: Promise<DueMeasure> | undefined;
  const measure = (): Promise<DueMeasure> =>
    (measuring ??= measureDue(db).finally(() => {
      measuring = undefined;
    }));
  gauge(
    "bellwire_due_deliveries",
    "Deliveries whose time has come and that nothing holds, counted to 10,000.",
    async () => (await measure()).due,
  );
  gauge(
    "bellwire_oldest_due_age_seconds",
    "How long the one that waits longest has been due; 0 if none is.",
    async () => (await measure()).oldestAgeSeconds,
  );
  gauge(
    "bellwire_oldest_undelivered_event_age_seconds",
    "Age of the oldest event that an endpoint has still to get, also behind another one of its order, or before a retry; 0 without one. What is held, retried by somebody or replayed does not count.",
    async () => (await measure()).oldestEventAgeSeconds,
  );
  gauge(
    "bellwire_held_deliveries",
    "Deliveries that wait for endpoints that are off, paused or disabled, counted to 100,000.",
    () => countHeld(db),
  );
  gauge("bellwire_failures", "Deliveries on the failure lists, counted to 100,000.", () => countAllFailures(db));
  gauge("bellwire_mails_waiting", "Mails that are not sent yet, counted to 10,000.", () => countWaitingMails(db));
}
