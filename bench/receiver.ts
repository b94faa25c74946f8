import { type ChildProcess, fork } from "node:child_process";
import { constants, setPriority } from "node:os";
import { fileURLToPath } from "node:url";
import { systemClock } from "../server/src/platform/clock.ts";
import type { ArrivalsSummary } from "./arrivals.ts";

export interface ReceiverOptions {
  readonly origins: number;
  /** Records each request, which costs some microseconds. Then `/hang…` gets no response. */
  readonly keepsArrivals?: boolean;
  readonly answersAfterMs?: number;
  /** Stands for many other machines: uses the processor only when the measured program does not need it. */
  readonly isLowPriority?: boolean;
}

/** Lowers the priority of a process of receivers that would run on other machines. */
export const yieldProcessor = ({ pid = 0 }: ChildProcess): void =>
  setPriority(pid, constants.priority.PRIORITY_BELOW_NORMAL);

/** A request to the receiver process. */
export interface ReceiverQuery {
  readonly number: number;
  readonly subject: "received" | "arrivals";
}
/** Messages of the receiver process: its ports first, then a reply to each request. */
export type ReceiverMessage =
  | { readonly ports: readonly number[] }
  | { readonly number: number; readonly answer: never };

export interface BenchReceiver extends Disposable {
  readonly origins: readonly string[];
  /** Number since the start. */
  received(): Promise<number>;
  /** Arrivals since the last call. */
  arrivals(): Promise<ArrivalsSummary>;
}

/** Starts the receiver in its own process, with one port per origin. */
export async function startBenchReceiver(options: ReceiverOptions): Promise<BenchReceiver> {
  const child = fork(fileURLToPath(new URL("receiver-process.ts", import.meta.url)), [JSON.stringify(options)], {
    serialization: "advanced",
  });
  if (options.isLowPriority) yieldProcessor(child);
  const waiting = new Map<number, (answer: never) => void>();
  const { promise: listening, resolve: listens } = Promise.withResolvers<readonly number[]>();
  child.on("message", (message: ReceiverMessage) => {
    if ("ports" in message) return listens(message.ports);
    waiting.get(message.number)?.(message.answer);
    waiting.delete(message.number);
  });
  let queries = 0;
  const query = <Answer>(subject: ReceiverQuery["subject"]): Promise<Answer> =>
    new Promise<Answer>((resolve) => {
      queries += 1;
      waiting.set(queries, resolve);
      child.send({ number: queries, subject } satisfies ReceiverQuery);
    });
  const ports = await listening;
  return {
    origins: ports.map((port) => `http://127.0.0.1:${port}`),
    received: () => query("received"),
    arrivals: () => query("arrivals"),
    [Symbol.dispose]: () => child.disconnect(),
  };
}

/** Wait after the last arrival, so that duplicates are counted. */
const settleMs = 2000;

/** Waits for this number of arrivals since the last call, and returns them. */
export async function waitForArrivals(
  receiver: BenchReceiver,
  deliveries: number,
  secondsMax: number,
): Promise<ArrivalsSummary> {
  const before = await receiver.received();
  const untilMs = performance.now() + secondsMax * 1000;
  for (let arrived = 0; arrived < deliveries; arrived = (await receiver.received()) - before) {
    if (performance.now() > untilMs)
      throw new Error(`${deliveries - arrived} deliveries did not arrive within ${secondsMax} s.`);
    await systemClock.sleep(50);
  }
  await systemClock.sleep(settleMs);
  return receiver.arrivals();
}

/** Returns the arrivals per second between the first and the last one. */
export function rateOf({ timesMs }: ArrivalsSummary): number {
  const seconds = ((timesMs.at(-1) ?? 0) - (timesMs[0] ?? 0)) / 1000;
  return seconds > 0 ? timesMs.length / seconds : 0;
}

export const megabytes = (bytes: number): number => Math.round(bytes / 1e6);
