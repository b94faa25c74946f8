import { createHmac, createSecretKey, randomUUID } from "node:crypto";
import { Pool, type Dispatcher } from "undici";
import { ownCpuSeconds } from "./cpu-seconds.ts";

export interface CeilingRun {
  readonly origins: readonly string[];
  readonly pathsPerOrigin: number;
  readonly secret: string;
  readonly bodyBytes: number;
  readonly inFlightMax: number;
  readonly requests: number;
}

/** undici's dispatch alone, an HMAC for each request and no queue: what no sender on this machine can beat. */
// oxlint-disable-next-line max-lines-per-function -- one measurement from start to end, in the order of time
export async function measureCeiling(run: CeilingRun): Promise<{ perSecond: number; cpuMicroseconds: number }> {
  const pools = run.origins.map((origin) => new Pool(origin, { connections: run.inFlightMax, pipelining: 1 }));
  const key = createSecretKey(Buffer.from(run.secret.slice("whsec_".length), "base64"));
  const body = Buffer.alloc(run.bodyBytes, "<account>Harbour &amp; Sons</account>");
  let next = 0;

  const sendOne = (): Promise<void> => {
    const number = next++;
    const id = randomUUID();
    const timestamp = String(Math.floor(Date.now() / 1000));
    const signature = `v1,${createHmac("sha256", key).update(`${id}.${timestamp}.`).update(body).digest("base64")}`;
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
      signature,
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
    const path = `/hook/${Math.floor(number / pools.length) % run.pathsPerOrigin}`;
    return new Promise((resolve, reject) => {
      const handler: Dispatcher.DispatchHandler = {
        onRequestStart() {},
        onResponseStart() {},
        onResponseData() {},
        onResponseEnd: () => resolve(),
        onResponseError: (_controller, error) => reject(error),
      };
      pools[number % pools.length]?.dispatch({ method: "POST", path, headers, body }, handler);
    });
  };

  const cpuBefore = ownCpuSeconds();
  const startedMs = performance.now();
  const line = async (): Promise<void> => {
    while (next < run.requests) await sendOne();
  };
  await Promise.all(Array.from({ length: run.inFlightMax }, line));
  const seconds = (performance.now() - startedMs) / 1000;
  const cpu = ownCpuSeconds() - cpuBefore;
  await Promise.all(pools.map((pool) => pool.destroy()));
  return { perSecond: run.requests / seconds, cpuMicroseconds: (cpu / run.requests) * 1e6 };
}
