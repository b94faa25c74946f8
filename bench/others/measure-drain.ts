import { systemClock } from "../../server/src/platform/clock/clock.ts";
import { ownCpuSeconds, treeCpuSeconds } from "../cpu-seconds.ts";
import type { BenchDatabase } from "../open-database.ts";
import type { BenchReceiver } from "../start-receiver.ts";
import type { Found } from "./contender.ts";

const secondsMax = 300;

export interface Drain {
  readonly database: BenchDatabase;
  readonly receiver: BenchReceiver;
  readonly deliveries: number;
  /** Begins to work, in this process. */
  readonly start: () => Promise<AsyncDisposable>;
  /** Whether the database says that nothing is left to do. */
  readonly isDrained: () => Promise<boolean>;
}

/** From before the start until all have come and the queue has written that they are done. */
export async function measureDrain({ database, receiver, deliveries, start, isDrained }: Drain): Promise<Found> {
  await database.owner.query("checkpoint");
  const before = await receiver.received();
  const cpuOf = (): number => ownCpuSeconds() + treeCpuSeconds(database.postgresPid);
  const [cpuBefore, startedMs] = [cpuOf(), performance.now()];
  await using _worker = await start();
  const waitUntil = async (isSo: () => Promise<boolean>, lookEveryMs: number): Promise<void> => {
    while (!(await isSo())) {
      if (performance.now() - startedMs > secondsMax * 1000) throw new Error(`Not done within ${secondsMax} s.`);
      await systemClock.sleep(lookEveryMs);
    }
  };
  await waitUntil(async () => (await receiver.received()) - before >= deliveries, 50);
  await waitUntil(isDrained, 10);
  const seconds = (performance.now() - startedMs) / 1000;
  return { perSecond: deliveries / seconds, cpuMicroseconds: ((cpuOf() - cpuBefore) / deliveries) * 1e6 };
}
