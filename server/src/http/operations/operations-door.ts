import type { FastifyPluginAsync } from "fastify";
import type { Registry } from "prom-client";
import type { Database } from "#platform/database/database.ts";

export interface OperationsNeeds {
  readonly pool: Database;
  /** What this process counts. */
  readonly metrics: Registry;
  /** Whether the database has every migration that this program knows. */
  readonly isMigrated: () => Promise<boolean>;
}

/**
 * For whoever watches over the process. `/healthz`: it lives and answers, so restarting it would help nothing.
 * `/readyz`: it can serve, because its database answers and is migrated; else requests had better go elsewhere.
 */
export const operationsDoor =
  ({ pool, metrics, isMigrated }: OperationsNeeds): FastifyPluginAsync =>
  async (http) => {
    http.addHook("onSend", async (_request, reply) => void reply.header("cache-control", "no-store"));

    http.get("/healthz", async () => ({ status: "ok" }));

    http.get("/readyz", async (request, reply) => {
      const why = await whyNotReady(pool, isMigrated).catch((error: unknown) => {
        request.log.warn({ err: error }, "not ready");
        return "the database does not answer";
      });
      return why === undefined ? { status: "ok" } : reply.code(503).send({ status: "not ready", because: why });
    });

    http.get("/metrics", async (_request, reply) => reply.type(metrics.contentType).send(await metrics.metrics()));
  };

async function whyNotReady(pool: Database, isMigrated: () => Promise<boolean>): Promise<string | undefined> {
  await pool.query("select 1");
  return (await isMigrated()) ? undefined : "the database waits for migrations";
}
