import { createHmac, createSecretKey, randomUUID } from "node:crypto";
import { type Dispatcher, Pool } from "undici";
import { systemClock } from "../server/src/platform/clock.ts";
import type { Tracing } from "../server/src/platform/telemetry/tracing.ts";
import { everyAttempt } from "../server/src/webhooks/deliveries/index.ts";
import { endpointSecret, fillBacklog, inFlightMax } from "./backlog.ts";
import { startEngineHere } from "./bellwire.ts";
import { type BenchDatabase, openBenchDatabase } from "./database.ts";
import { ownCpuSeconds, treeCpuSeconds } from "./measuring.ts";
import type { BenchReceiver } from "./receiver.ts";

/** Sends with undici's dispatch, an HMAC per request and Bellwire's headers. All contenders use it. */
export class SignedPosts implements AsyncDisposable {
  readonly #pools: readonly Pool[];
  readonly #key = createSecretKey(Buffer.from(endpointSecret.slice("whsec_".length), "base64"));

  constructor(origins: readonly string[]) {
    this.#pools = origins.map((origin) => new Pool(origin, { connections: inFlightMax, pipelining: 1 }));
  }

  /** Resolves with any response. */
  send({ origin = 0, path, id, body }: { origin?: number; path: string; id: string; body: Buffer }): Promise<void> {
    const timestamp = String(Math.floor(Date.now() / 1000));
    const signature = createHmac("sha256", this.#key).update(`${id}.${timestamp}.`).update(body).digest("base64");
    const headers = [
      "content-type",
      "application/xml",
      "user-agent",
      "Bellwire/bench",
      "webhook-id",
      id,
      "webhook-timestamp",
      timestamp,
      "webhook-signature",
      `v1,${signature}`,
      "bellwire-attempt",
      "1",
      "bellwire-event-type",
      "account.created",
      "bellwire-event-time",
      "2026-11-24T12:00:00.000Z",
      "bellwire-sequence",
      "1",
      "bellwire-actor",
      "developer:21",
      "bellwire-channel",
      "developer_portal",
    ];
    return new Promise((resolve, reject) => {
      const handler: Dispatcher.DispatchHandler = {
        onRequestStart() {},
        onResponseStart() {},
        onResponseData() {},
        onResponseEnd: () => resolve(),
        onResponseError: (_controller, error) => reject(error),
      };
      this.#pools[origin]?.dispatch({ method: "POST", path, headers, body }, handler);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#pools.map((pool) => pool.destroy()));
  }
}

export interface CeilingRun {
  readonly origins: readonly string[];
  readonly pathsPerOrigin: number;
  readonly bodyBytes: number;
  readonly inFlightMax: number;
  readonly requests: number;
}

/** Measures undici's dispatch alone, with an HMAC per request and no queue: the upper bound on this machine. */
export async function measureCeiling(run: CeilingRun): Promise<{ perSecond: number; cpuMicroseconds: number }> {
  const { origins, pathsPerOrigin, requests } = run;
  await using posts = new SignedPosts(origins);
  const body = Buffer.alloc(run.bodyBytes, "<account>Harbour &amp; Sons</account>");
  let next = 0;
  const line = async (): Promise<void> => {
    while (next < requests) {
      const number = next++;
      const path = `/hook/${Math.floor(number / origins.length) % pathsPerOrigin}`;
      await posts.send({ origin: number % origins.length, path, id: randomUUID(), body });
    }
  };
  const cpuBefore = ownCpuSeconds();
  const startedMs = performance.now();
  await Promise.all(Array.from({ length: run.inFlightMax }, line));
  const seconds = (performance.now() - startedMs) / 1000;
  const cpu = ownCpuSeconds() - cpuBefore;
  return { perSecond: requests / seconds, cpuMicroseconds: (cpu / requests) * 1e6 };
}

export interface Rate {
  readonly perSecond: number;
  readonly cpuMicroseconds: number;
  /** Without PostgreSQL. */
  readonly ownMicroseconds?: number;
}

export interface EngineRun {
  readonly receiver: BenchReceiver;
  readonly urls: readonly string[];
  readonly deliveries: number;
  readonly bodyBytes: number;
  readonly secret: string;
  readonly inFlightMax: number;
  /** Time limit; undelivered deliveries then end the run. */
  readonly secondsMax: number;
  /** Records traces, of one delivery in so many. */
  readonly traces?: { readonly tracing: Tracing; readonly oneIn: number };
}

/**
 * Measures the product's engine on a due backlog, from before its start to the commit of the last attempt. The receiver
 * reports when that is near, so that the database is not queried before.
 */
export async function measureEngine(run: EngineRun): Promise<Rate> {
  await using database = await openBenchDatabase();
  const { owner, encryption, postgresPid } = database;
  await fillBacklog(owner, { ...run, encryption, tracedOneIn: run.traces?.oneIn });
  await owner.query("checkpoint");
  const receivedBefore = await run.receiver.received();
  const [ownBefore, postgresBefore] = [ownCpuSeconds(), treeCpuSeconds(postgresPid)];
  const startedMs = performance.now();
  await using _engine = await startEngineHere(database, run.inFlightMax, { tracing: run.traces?.tracing });
  const throwIfOverdue = (): void => {
    if (performance.now() - startedMs > run.secondsMax * 1000)
      throw new Error(`The deliveries were not sent within ${run.secondsMax} s.`);
  };
  while ((await run.receiver.received()) - receivedBefore < run.deliveries) {
    await systemClock.sleep(50);
    throwIfOverdue();
  }
  while ((await owner.query("select from due limit 1")).length > 0) {
    await systemClock.sleep(10);
    throwIfOverdue();
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

/** Throws if attempts are missing, because the run then measured something else. */
async function expectAttempts({ owner }: BenchDatabase, deliveries: number): Promise<void> {
  const [row] = await owner.query<{ written: number }>(`select count(*) as written from ${everyAttempt} attempt`);
  if (row?.written !== deliveries) throw new Error(`${deliveries} deliveries have ${row?.written} attempts.`);
}
