import { fork, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";

export interface BenchReceiver extends Disposable {
  readonly origins: readonly string[];
  received(): Promise<number>;
}

/** The receiver, in its own process, on as many ports as there are to be origins. */
export async function startBenchReceiver(origins: number): Promise<BenchReceiver> {
  const child = fork(fileURLToPath(new URL("receiver-process.ts", import.meta.url)), [String(origins)]);
  const { ports } = await message<{ ports: number[] }>(child);
  return {
    origins: ports.map((port) => `http://127.0.0.1:${port}`),
    async received() {
      child.send("count");
      return (await message<{ received: number }>(child)).received;
    },
    [Symbol.dispose]: () => child.disconnect(),
  };
}

// What a child says has the shape that receiver-process.ts gives it.
const message = <Said>(child: ChildProcess): Promise<Said> => new Promise((resolve) => child.once("message", resolve));
