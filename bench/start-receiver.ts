import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

export interface BenchReceiver extends Disposable {
  readonly origins: readonly string[];
  received(): Promise<number>;
}

/** The receiver, in its own process, on as many ports as there are to be origins. */
export async function startBenchReceiver(origins: number): Promise<BenchReceiver> {
  const child = fork(fileURLToPath(new URL("receiver-process.ts", import.meta.url)), [String(origins)]);
  const [said]: [{ ports: number[] }] = await message(child);
  return {
    origins: said.ports.map((port) => `http://127.0.0.1:${port}`),
    async received() {
      child.send("count");
      const [said]: [{ received: number }] = await message(child);
      return said.received;
    },
    [Symbol.dispose]: () => child.disconnect(),
  };
}

// What a child says has the shape that receiver-process.ts gives it.
const message = <Said>(child: ChildProcess): Promise<[Said]> => once(child, "message") as Promise<[Said]>;
