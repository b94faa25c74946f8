import { fork, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { ArrivalsSummary } from "./arrivals.ts";

export interface ReceiverOptions {
  readonly origins: number;
  /** Costs it some microseconds a request, so only where something is to be told of each. Then `/hang…` hangs. */
  readonly keepsArrivals?: boolean;
  readonly answersAfterMs?: number;
}

export interface BenchReceiver extends Disposable {
  readonly origins: readonly string[];
  /** Since its start. */
  received(): Promise<number>;
  /** Since they were asked for last. */
  arrivals(): Promise<ArrivalsSummary>;
}

/** The receiver, in its own process, on as many ports as there are to be origins. */
export async function startBenchReceiver(options: ReceiverOptions): Promise<BenchReceiver> {
  const child = fork(fileURLToPath(new URL("receiver-process.ts", import.meta.url)), [JSON.stringify(options)], {
    serialization: "advanced",
  });
  const { ports } = await said<{ ports: number[] }>(child);
  const ask = <Said>(what: "received" | "arrivals"): Promise<Said> => {
    const answer = said<Said>(child);
    child.send(what);
    return answer;
  };
  return {
    origins: ports.map((port) => `http://127.0.0.1:${port}`),
    received: () => ask("received"),
    arrivals: () => ask("arrivals"),
    [Symbol.dispose]: () => child.disconnect(),
  };
}

// What a child says has the shape that receiver-process.ts gives it.
const said = <Said>(child: ChildProcess): Promise<Said> => new Promise((resolve) => child.once("message", resolve));
