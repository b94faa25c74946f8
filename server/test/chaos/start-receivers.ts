import { fork, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { ReceivedRequest } from "./received-request.ts";

export interface Receivers extends Disposable {
  readonly origin: string;
  /** All requests, in the order of arrival. */
  received(): Promise<readonly ReceivedRequest[]>;
  /** Accepts all requests from now on. */
  recover(): void;
}

export async function startReceivers(seed: number): Promise<Receivers> {
  const child = fork(fileURLToPath(new URL("receiver-process.ts", import.meta.url)), [String(seed)], {
    serialization: "advanced",
    detached: true, // Ctrl-C must reach only the parent
  });
  const port = await message<number>(child);
  return {
    origin: `http://127.0.0.1:${port}`,
    async received() {
      const all: ReceivedRequest[] = [];
      for (;;) {
        const answered = message<ReceivedRequest[]>(child);
        child.send(all.length);
        const some = await answered;
        if (some.length === 0) return all;
        all.push(...some);
      }
    },
    recover: () => void child.send("well"),
    [Symbol.dispose]: () => child.disconnect(),
  };
}

// receiver-process.ts defines the shape of the child's messages.
const message = <Message>(child: ChildProcess): Promise<Message> =>
  new Promise((resolve) => child.once("message", resolve));
