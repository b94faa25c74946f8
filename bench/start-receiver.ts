import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

export interface BenchReceiver extends Disposable {
  readonly origins: readonly string[];
  received(): Promise<number>;
}

/** The receiver, in its own process, on as many ports as there are to be origins. */
export async function startBenchReceiver(origins: number): Promise<BenchReceiver> {
  const child = fork(fileURLToPath(new URL("receiver-process.ts", import.meta.url)), [String(origins)]);
  const [{ ports }]: { ports: number[] }[] = await once(child, "message");
  return {
    origins: (ports ?? []).map((port) => `http://127.0.0.1:${port}`),
    async received() {
      child.send("count");
      const [{ received }] = await once(child, "message");
      return received;
    },
    [Symbol.dispose]: () => child.disconnect(),
  };
}
