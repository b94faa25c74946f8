import fastify from "fastify";
import { operationsPlugin } from "#http/operations/index.ts";
import {
  addResponseHeaders,
  connectionOptions,
  dropAbortedRequests,
  schemaController,
} from "#http/shared/server-hooks.ts";
import { systemClock } from "#platform/clock.ts";
import { createIdGenerator } from "#platform/ids.ts";
import { createMigrationCheck } from "#platform/database/migrate.ts";
import { readDatabaseSwitches } from "#platform/database/failover.ts";
import { readHistoryDays } from "#webhooks/deliveries/index.ts";
import { listenError } from "./listening.ts";
import type { Scraped } from "./engine-supervisor.ts";
import type { Parts } from "./open-parts.ts";

interface OperationsServing extends Pick<Parts, "config" | "pool" | "cells"> {
  readonly metrics: Scraped;
  readonly isStopping: () => boolean;
  /** Returns true until the public port accepts requests. */
  readonly isStarting: () => boolean;
}

/** `/healthz`, `/readyz` and `/metrics` on a port of their own: an engine has no other, and the public one is for the public. */
export async function serveOperations(
  { config, pool, cells, metrics, isStopping, isStarting }: OperationsServing,
  port: number,
): Promise<AsyncDisposable> {
  const http = fastify({ ...connectionOptions({ newId: createIdGenerator(systemClock) }), schemaController });
  dropAbortedRequests(http);
  addResponseHeaders(http, { isHttps: false });
  await http.register(
    operationsPlugin({
      pool,
      machine: systemClock,
      metrics,
      isStopping,
      isStarting,
      isMigrated: createMigrationCheck(pool),
      readHistoryDays: () => readHistoryDays(pool),
      readDatabaseSwitches: () => readDatabaseSwitches(pool),
      servesOtherCell: () => cells.isAnyReady(),
    }),
  );
  try {
    await http.listen({ host: config.host, port });
  } catch (error) {
    await http.close();
    throw listenError(error, { host: config.host, port, setting: "BELLWIRE_OPERATIONS_PORT" });
  }
  return { [Symbol.asyncDispose]: () => http.close() };
}
