import { systemClock } from "../../server/src/platform/clock/clock.ts";
import type { ArrivalsSummary } from "../arrivals.ts";
import type { BenchReceiver } from "../start-receiver.ts";

/** After the last one, so that what is sent twice has its chance to be counted. */
const settleMs = 2000;

/** Waits until so many have come since the receiver's arrivals were asked for last, and gives them. */
export async function waitForArrivals(
  receiver: BenchReceiver,
  deliveries: number,
  secondsMax: number,
): Promise<ArrivalsSummary> {
  const before = await receiver.received();
  const untilMs = performance.now() + secondsMax * 1000;
  for (let come = 0; come < deliveries; come = (await receiver.received()) - before) {
    if (performance.now() > untilMs) throw new Error(`${deliveries - come} did not come within ${secondsMax} s.`);
    await systemClock.sleep(50);
  }
  await systemClock.sleep(settleMs);
  return receiver.arrivals();
}

/** From the first to the last. */
export function rateOf({ timesMs }: ArrivalsSummary): number {
  const seconds = ((timesMs.at(-1) ?? 0) - (timesMs[0] ?? 0)) / 1000;
  return seconds > 0 ? timesMs.length / seconds : 0;
}

export const megabytes = (bytes: number): number => Math.round(bytes / 1e6);
