import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { ArrivalsSummary } from "./arrivals.ts";

export interface ReceiverOptions {
  readonly origins: number;
  /** Costs it some microseconds a request, so only where something is to be told of each. Then `/hang…` hangs. */
  readonly keepsArrivals?: boolean;
  readonly answersAfterMs?: number;
}

/** What is asked of it, and what it says: its ports at first, then an answer to each question. */
export interface Asked {
  readonly number: number;
  readonly what: "received" | "arrivals";
}
export type Said = { readonly ports: readonly number[] } | { readonly number: number; readonly answer: never };

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
  const waiting = new Map<number, (answer: never) => void>();
  const { promise: listening, resolve: listens } = Promise.withResolvers<readonly number[]>();
  child.on("message", (said: Said) => {
    if ("ports" in said) return listens(said.ports);
    waiting.get(said.number)?.(said.answer);
    waiting.delete(said.number);
  });
  let asked = 0;
  const ask = <Answer>(what: Asked["what"]): Promise<Answer> =>
    new Promise<Answer>((resolve) => {
      asked += 1;
      waiting.set(asked, resolve);
      child.send({ number: asked, what } satisfies Asked);
    });
  const ports = await listening;
  return {
    origins: ports.map((port) => `http://127.0.0.1:${port}`),
    received: () => ask("received"),
    arrivals: () => ask("arrivals"),
    [Symbol.dispose]: () => child.disconnect(),
  };
}
