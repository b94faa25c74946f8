import { systemClock } from "../server/src/platform/clock/clock.ts";
import { everyAttempt } from "../server/src/webhooks/deliveries/index.ts";
import { ownCpuSeconds, treeCpuSeconds } from "./cpu-seconds.ts";
import { fillBacklog } from "./fill-backlog.ts";
import { openBenchDatabase, type BenchDatabase } from "./open-database.ts";
import { startEngineHere } from "./start-engine.ts";
import type { BenchReceiver } from "./start-receiver.ts";

export interface Rate {
  readonly perSecond: number;
  readonly cpuMicroseconds: number;
  /** The part of it that is not PostgreSQL's. */
  readonly ownMicroseconds?: number;
}

export interface EngineRun {
  readonly receiver: BenchReceiver;
  readonly urls: readonly string[];
  readonly deliveries: number;
  readonly bodyBytes: number;
  readonly secret: string;
  readonly inFlightMax: number;
  /** What has not been delivered by then ends the run. */
  readonly secondsMax: number;
}

/**
 * The engine as the product composes it, on a backlog that is due: from before its start to the commit of the last
 * attempt. The receiver tells when that is near, so that nothing is counted in the database meanwhile.
 */
export async function measureEngine(run: EngineRun): Promise<Rate> {
  await using database = await openBenchDatabase();
  const { owner, encryption, postgresPid } = database;
  await fillBacklog(owner, { ...run, encryption });
  await owner.query("checkpoint");
  const receivedBefore = await run.receiver.received();
  const [ownBefore, postgresBefore] = [ownCpuSeconds(), treeCpuSeconds(postgresPid)];
  const startedMs = performance.now();
  await using _engine = await startEngineHere(database, run.inFlightMax);
  const timeIsUp = (): void => {
    if (performance.now() - startedMs > run.secondsMax * 1000)
      throw new Error(`The deliveries were not made within ${run.secondsMax} s.`);
  };
  while ((await run.receiver.received()) - receivedBefore < run.deliveries) {
    await systemClock.sleep(50);
    timeIsUp();
  }
  while ((await owner.query("select from due limit 1")).length > 0) {
    await systemClock.sleep(10);
    timeIsUp();
  }
  const seconds = (performance.now() - startedMs) / 1000;
  const [own, postgres] = [ownCpuSeconds() - ownBefore, treeCpuSeconds(postgresPid) - postgresBefore];
  await expectAttempts(database, run.deliveries);
  return {
    perSecond: run.deliveries / seconds,
    cpuMicroseconds: ((own + postgres) / run.deliveries) * 1e6,
    ownMicroseconds: (own / run.deliveries) * 1e6,
  };
}

/** A run that did not record everything measures something else. */
async function expectAttempts({ owner }: BenchDatabase, deliveries: number): Promise<void> {
  const [row] = await owner.query<{ written: number }>(`select count(*) as written from ${everyAttempt} attempt`);
  if (row?.written !== deliveries) throw new Error(`${deliveries} deliveries have ${row?.written} attempts.`);
}
