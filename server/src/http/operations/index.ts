import fastify, { type FastifyPluginAsync } from "fastify";
import type { Registry } from "prom-client";
import {
  addResponseHeaders,
  connectionOptions,
  dropAbortedRequests,
  schemaController,
} from "#http/shared/server-hooks.ts";
import { type Clock, systemClock, wrongFromMs } from "#platform/clock.ts";
import { classifyDatabaseError } from "#platform/database/connection.ts";
import { type Database, diskSpaceOf } from "#platform/database/database.ts";
import {
  type DatabaseSwitches,
  readDatabaseSwitches,
  resumeAdvice,
  switchWarningMs,
} from "#platform/database/failover.ts";
import { createMigrationCheck } from "#platform/database/migrate.ts";
import { createIdGenerator } from "#platform/ids.ts";
import { type HistoryDays, readHistoryDays } from "#webhooks/deliveries/index.ts";

export interface OperationsDependencies {
  readonly pool: Database;
  /** The machine's clock. It is compared with the database's. */
  readonly machine: Clock;
  /** The metrics of this process. Undefined where tenants could read them, because they show the traffic of all tenants. */
  readonly metrics: Pick<Registry, "contentType" | "metrics"> | undefined;
  /** Returns true once the database has every migration of this version. */
  readonly isMigrated: () => Promise<boolean>;
  readonly readHistoryDays: () => Promise<HistoryDays>;
  /** Returns true while the process is shutting down. */
  readonly isStopping: () => boolean;
  /** Returns true until the process listens for the requests of others. Undefined: this is the port that they go to. */
  readonly isStarting?: (() => boolean) | undefined;
  readonly readDatabaseSwitches: () => Promise<DatabaseSwitches>;
  /** Returns true if another cell of this process responds. Undefined: there are no other cells. */
  readonly servesOtherCell?: (() => Promise<boolean>) | undefined;
}

/** Returns what the plugin reads from a database. */
export const monitored = (pool: Database) => ({
  pool,
  machine: systemClock,
  isMigrated: createMigrationCheck(pool),
  readHistoryDays: () => readHistoryDays(pool),
  readDatabaseSwitches: () => readDatabaseSwitches(pool),
});

/**
 * Serves monitoring on a port of its own: an engine has no other, and the public one is for the public. Rejects if the port cannot be
 * listened on.
 */
export async function serveOperations(
  needs: OperationsDependencies,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<AsyncDisposable> {
  const http = fastify({ ...connectionOptions({ newId: createIdGenerator(systemClock) }), schemaController });
  dropAbortedRequests(http);
  addResponseHeaders(http, { isHttps: false });
  await http.register(operationsPlugin(needs));
  try {
    await http.listen({ host, port });
  } catch (error) {
    await http.close();
    throw error;
  }
  return { [Symbol.asyncDispose]: () => http.close() };
}

/**
 * Serves monitoring. `/healthz` answers 200 while the process responds: a restart would not help. `/readyz` answers 200 while requests
 * are accepted and the database responds, is migrated and can record today's events; otherwise requests should go elsewhere. If only the
 * default cell is affected, the other cells need this process, and the problem is a warning. `warnings` name problems to solve soon.
 */
export const operationsPlugin =
  (needs: OperationsDependencies): FastifyPluginAsync =>
  async (http) => {
    http.get("/healthz", async () => ({ status: "ok" }));

    http.get("/readyz", async (request, reply) => {
      if (needs.isStopping()) return reply.code(503).send({ status: "not ready", because: "the process is stopping" });
      if (needs.isStarting?.())
        return reply.code(503).send({ status: "not ready", because: "the process is starting" });
      const own = await readReadinessInTime(needs).catch((error: unknown) => {
        request.log.warn({ err: error }, "not ready");
        return {
          because: classifyDatabaseError(error) === "refused" ? refusedReason : "the database does not respond",
        };
      });
      const isNeeded = "because" in own && ((await needs.servesOtherCell?.()) ?? false);
      const readiness = isNeeded
        ? {
            warnings: [
              `the default cell is not ready: ${own.because}; it has the directory, so no provider can be created or moved`,
            ],
          }
        : own;
      return "because" in readiness
        ? reply.code(503).send({ status: "not ready", because: readiness.because })
        : { status: "ok", ...(readiness.warnings.length > 0 && { warnings: readiness.warnings }) };
    });

    const { metrics } = needs;
    if (metrics)
      http.get("/metrics", async (_request, reply) => reply.type(metrics.contentType).send(await metrics.metrics()));
  };

const refusedReason = "the database refuses to be read: tables, or rights on them, are missing";

type Readiness = { readonly because: string } | { readonly warnings: readonly string[] };

/** Less than the 3 s that the chart's probe waits: a response names the reason. */
const readinessMs = 2000;

async function readReadinessInTime(needs: OperationsDependencies): Promise<Readiness> {
  const done = new AbortController();
  try {
    return await Promise.race([
      readReadiness(needs),
      needs.machine.sleep(readinessMs, done.signal).then((): never => {
        throw new Error(`The database did not respond within ${readinessMs} ms.`);
      }),
    ]);
  } finally {
    done.abort("done");
  }
}

async function readReadiness(needs: OperationsDependencies): Promise<Readiness> {
  const { pool, machine } = needs;
  const [session] = await pool.query<{ onlyReads: boolean }>(
    "select current_setting('transaction_read_only') = 'on' as only_reads",
  );
  if (!(await needs.isMigrated())) return { because: "the database needs migrations" };
  const { now, daysReady } = await needs.readHistoryDays();
  if (daysReady === 0) return { because: "today's history partitions are missing" };
  const warnings: string[] = [];
  if (session?.onlyReads) warnings.push("the database accepts no changes: default_transaction_read_only is on");
  const full = diskSpaceOf(pool).problem(machine.monotonicMs());
  if (full !== undefined) warnings.push(full);
  if (daysReady === 1) warnings.push("tomorrow's history partitions are missing");
  const aheadMs = machine.now().getTime() - now.getTime();
  if (Math.abs(aheadMs) >= wrongFromMs) {
    const seconds = Math.round(Math.abs(aheadMs) / 1000);
    warnings.push(`this machine's clock is ${seconds} s ${aheadMs > 0 ? "ahead of" : "behind"} the database's`);
  }
  const { at, timeline, heldAt } = await needs.readDatabaseSwitches();
  if (at !== null && now.getTime() - at.getTime() < switchWarningMs) {
    warnings.push(
      `the database resumed from an earlier state at ${at.toISOString()} (timeline ${timeline}): changes may be lost`,
    );
  }
  if (heldAt !== null) {
    warnings.push(`deliveries, mails and jobs are held after a restore since ${heldAt.toISOString()}: ${resumeAdvice}`);
  }
  return { warnings };
}
