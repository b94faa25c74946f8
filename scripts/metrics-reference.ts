import { Registry } from "prom-client";
import { measureRestarts } from "../server/src/app/engine-supervisor.ts";
import {
  httpMetrics,
  measureAttempts,
  measureNotMade,
  measureBacklog,
  measureDatabase,
  measureEngine,
  measureHousekeeping,
  measureLaneStore,
  measureNameLookups,
  measureDirectory,
  measurePool,
  measureTelemetry,
  measureProcess,
} from "../server/src/app/metrics.ts";
import { systemClock } from "../server/src/platform/clock.ts";
import { Caches, type Pool } from "../server/src/platform/database/database.ts";
import { createEncryption } from "../server/src/platform/encryption.ts";
import { postgresLaneStore } from "../server/src/webhooks/engine/index.ts";

/** Returns a registry with every metric of both roles, without a database. */
export function declareMetrics(version: string): Registry {
  const metrics = new Registry();
  const nowhere: Pool = {
    caches: new Caches(),
    query: () => Promise.reject(new Error("There is no database.")),
    inTransaction: () => Promise.reject(new Error("There is no database.")),
    inTurn: (_turn, work) => work(),
    onHint: () => () => undefined,
  };
  const measured = { db: nowhere, machine: systemClock };
  measureProcess(metrics, version);
  measureDirectory(metrics, measured);
  measureAttempts(metrics);
  measureNotMade(metrics);
  measureNameLookups(metrics);
  measureLaneStore(
    metrics,
    postgresLaneStore(nowhere, createEncryption([Buffer.alloc(32)]), { leaseMs: 1000, userAgent: "" }),
    systemClock,
  );
  measureEngine(
    metrics,
    { inFlight: 0, lanes: 0, bodies: { bytes: 0, bytesMax: 0 }, windows: [], undecryptable: 0 },
    { lagSeconds: 0 },
  );
  measureHousekeeping(metrics, systemClock);
  measureBacklog(metrics, measured);
  httpMetrics(metrics);
  measureDatabase(metrics, measured);
  measurePool(metrics, { waiting: 0, onWait: () => undefined });
  measureRestarts(metrics);
  measureTelemetry(metrics);
  return metrics;
}

/** Renders docs/reference/metrics.md. */
export async function metricsReference(metrics: Registry): Promise<string> {
  const rows = [...(await metrics.metrics()).matchAll(/^# HELP (bellwire_\S+) (.*)\n# TYPE \S+ (.*)$/gm)].map(
    ([, name, help, type]) => `| \`${name}\` | ${type} | ${help} |`,
  );
  return `# Metrics

Metrics of \`/metrics\` for Prometheus. Each process serves its own: the web role on \`PORT\`, and any role on
\`BELLWIRE_OPERATIONS_PORT\` if set, together with \`/healthz\` and \`/readyz\`. With \`BELLWIRE_BASE_DOMAIN\` they are on
\`BELLWIRE_OPERATIONS_PORT\` only, because the hosts of \`PORT\` belong to tenants; do not expose that port. Node.js adds
\`process_*\` and \`nodejs_*\`. No label names an endpoint, a provider or an account. If \`serve\` runs the engine in its own process, one
scrape covers both; metrics that both have carry \`process="engine"\` for the engine's.

| name | type | meaning |
| --- | --- | --- |
${rows.join("\n")}

[alerts.yaml](../../deploy/monitoring/alerts.yaml) has alerts for Prometheus, each with its runbook.
[dashboard.json](../../deploy/monitoring/dashboard.json) is a dashboard for Grafana.
`;
}
