import { randomUUID } from "node:crypto";
import { ownCpuSeconds } from "./cpu-seconds.ts";
import { SignedPosts } from "./signed-posts.ts";

export interface CeilingRun {
  readonly origins: readonly string[];
  readonly pathsPerOrigin: number;
  readonly bodyBytes: number;
  readonly inFlightMax: number;
  readonly requests: number;
}

/** undici's dispatch alone, an HMAC for each request and no queue: what no sender on this machine can beat. */
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
