import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { BenchDatabase } from "./open-database.ts";

export interface BenchPortal extends AsyncDisposable {
  readonly pid: number;
  readonly origin: string;
  /** When transactions had committed, in the machine's milliseconds, since it was asked last. */
  committedMs(): Promise<readonly number[]>;
}

/** Web and engine in a process of their own, which tells when its transactions have committed. */
export async function startPortal(database: BenchDatabase, nameServers: readonly string[] = []): Promise<BenchPortal> {
  const program = fileURLToPath(new URL("portal-process.ts", import.meta.url));
  const child = fork(program, [database.appUrl, join(database.folder, "portal.log"), ...nameServers]);
  const { origin } = await said<{ origin: string }>(child);
  return {
    origin,
    pid: child.pid ?? 0,
    committedMs() {
      const answer = said<readonly number[]>(child);
      child.send("committed");
      return answer;
    },
    async [Symbol.asyncDispose]() {
      const ended = once(child, "exit");
      child.disconnect();
      await ended;
    },
  };
}

// What a child says has the shape that portal-process.ts gives it.
const said = <Said>(child: ChildProcess): Promise<Said> =>
  new Promise((resolve, reject) => {
    const ended = (code: number | null): void => reject(new Error(`The portal ended with ${code}.`));
    child.once("exit", ended).once("message", (message: Said) => {
      child.off("exit", ended);
      resolve(message);
    });
  });
