import { Gauge, type Registry } from "prom-client";
import type { RunningEngine } from "#webhooks/engine/index.ts";

/** What the engine of this process holds at the moment it is asked. */
export function measureEngine(
  metrics: Registry,
  engine: Pick<RunningEngine, "inFlight" | "lanes" | "windows" | "undecryptable">,
): void {
  const gauge = (name: string, help: string, read: () => number): Gauge =>
    new Gauge({
      name,
      help,
      registers: [metrics],
      collect() {
        this.set(read());
      },
    });
  gauge("bellwire_attempts_in_flight", "Attempts under way in this process.", () => engine.inFlight);
  gauge("bellwire_lanes_owned", "Endpoints whose deliveries are this process's.", () => engine.lanes);
  gauge(
    "bellwire_undecryptable_endpoints",
    "Endpoints with due deliveries whose settings this process cannot decrypt: their deliveries are held.",
    () => engine.undecryptable,
  );
  gauge("bellwire_windows_places", "Deliveries that the lanes' windows allow at once, all together.", () =>
    engine.windows.reduce((sum, size) => sum + size, 0),
  );
  gauge("bellwire_windows_narrowest_places", "The narrowest lane's window; 0 without lanes.", () =>
    engine.windows.reduce((least, size) => (least === 0 ? size : Math.min(least, size)), 0),
  );
}
