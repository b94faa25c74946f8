import { collectDefaultMetrics, Gauge, type Registry } from "prom-client";

/** Which program this is, and what Node.js tells of the process: memory, processor time, event loop. */
export function measureProcess(metrics: Registry, version: string): void {
  new Gauge({
    name: "bellwire_build_info",
    help: "Always 1; its labels tell what runs.",
    labelNames: ["version", "node"] as const,
    registers: [metrics],
  }).set({ version, node: process.versions.node }, 1);
  collectDefaultMetrics({ register: metrics });
}
