import { systemClock } from "../server/src/platform/clock/clock.ts";
import { treeCpuSeconds } from "./cpu-seconds.ts";
import { openBenchDatabase } from "./open-database.ts";
import { setUpPortal, signUpAccounts } from "./set-up-portal.ts";
import { measureLoad } from "./start-load.ts";
import { startBenchReceiver } from "./start-receiver.ts";
import { startServer } from "./start-server.ts";

export interface Sustained {
  readonly perSecond: number;
  readonly changesPerSecond: number;
  /** The engine's and PostgreSQL's, recording included; the web process is not the engine. */
  readonly cpuMicroseconds: number;
  readonly longestDelayMs: number;
}

const accounts = 200;
/** What was recorded last is delivered within moments; this is for a machine that does other things as well. */
const lastWithinMs = 30_000;

/**
 * Accounts are changed through the API of one `bellwire serve` process as fast as it answers, while another delivers. The
 * delay is counted from the time in the event's id, which is made in its transaction: the commit was later than that.
 */
export async function measureSustained(seconds: number): Promise<Sustained> {
  using receiver = await startBenchReceiver({ origins: 1, keepsArrivals: true });
  await using database = await openBenchDatabase();
  await using pool = await database.openAppPool();
  const token = await setUpPortal(pool, database.encryption, `${receiver.origins[0]}/hook`);
  await using web = await startServer(database, "web");
  await using engine = await startServer(database, "engine");
  const ids = await signUpAccounts(web.origin, token, accounts);
  const load = {
    origin: web.origin,
    method: "PUT",
    path: "/admin/api/accounts",
    extension: ".xml",
    token,
    ids,
  } as const;
  const countEvents = async (): Promise<number> =>
    (await database.owner.query<{ count: number }>("select count(*) as count from events"))[0]?.count ?? 0;
  const allArrived = async (): Promise<void> => {
    const [events, untilMs] = [await countEvents(), performance.now() + lastWithinMs];
    while ((await receiver.received()) < events) {
      if (performance.now() > untilMs) throw new Error(`Not all of ${events} events have arrived.`);
      await systemClock.sleep(20);
    }
  };
  await measureLoad({ ...load, seconds: 1 });
  await allArrived();
  await receiver.arrivals();
  const cpuOf = (): number => treeCpuSeconds(engine.pid) + treeCpuSeconds(database.postgresPid);
  const [cpuBefore, eventsBefore, startedMs] = [cpuOf(), await countEvents(), performance.now()];
  const changesPerSecond = await measureLoad({ ...load, seconds });
  await allArrived();
  const tookSeconds = (performance.now() - startedMs) / 1000;
  const events = (await countEvents()) - eventsBefore;
  const { distinct, timesMs, longestDelayMs } = await receiver.arrivals();
  if (distinct !== events || timesMs.length !== events)
    throw new Error(`${events} events came as ${distinct} ids in ${timesMs.length} requests.`);
  return {
    perSecond: events / tookSeconds,
    changesPerSecond,
    cpuMicroseconds: ((cpuOf() - cpuBefore) / events) * 1e6,
    longestDelayMs,
  };
}
