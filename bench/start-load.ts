import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";

export interface Load {
  readonly origin: string;
  readonly method: "GET" | "PUT";
  readonly path: string;
  readonly extension: string;
  readonly token: string;
  readonly ids: readonly number[];
  readonly seconds: number;
}

/** Requests per second that are answered with 200, as a process of its own counts them. Any other answer ends the run. */
export function measureLoad(load: Load): Promise<number> {
  const child = fork(fileURLToPath(new URL("load-process.ts", import.meta.url)));
  child.send(load);
  return new Promise((resolve, reject) => {
    child.once("message", (said) => resolve(Number(said)));
    child.once("exit", (code) => reject(new Error(`The load ended with ${code}.`)));
  });
}
