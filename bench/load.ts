import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { Pool } from "undici";

export interface Load {
  readonly origin: string;
  readonly method: "GET" | "PUT";
  readonly path: string;
  readonly extension: string;
  readonly token: string;
  readonly ids: readonly number[];
  readonly seconds: number;
}

/** Returns the requests per second answered with 200, as a child process counts them. Any other response ends the run. */
export function measureLoad(load: Load): Promise<number> {
  const child = fork(fileURLToPath(new URL("load.ts", import.meta.url)));
  child.send(load);
  return new Promise((resolve, reject) => {
    child.once("message", (perSecond) => resolve(Number(perSecond)));
    child.once("exit", (code) => reject(new Error(`The load ended with ${code}.`)));
  });
}

const connections = 16;

/** Requests one server's accounts as fast as it responds, for `seconds`. Returns the requests per second. */
async function requestAccounts(load: Load): Promise<number> {
  const pool = new Pool(load.origin, { connections, pipelining: 1 });
  const endsMs = performance.now() + load.seconds * 1000;
  const headers = { authorization: `Bearer ${load.token}`, "content-type": "application/json" };
  let sent = 0;
  let answered = 0;
  const requestUntilEnd = async (): Promise<void> => {
    while (performance.now() < endsMs) {
      const number = sent++;
      const path = `${load.path}/${load.ids[number % load.ids.length]}${load.extension}`;
      const body = load.method === "PUT" ? { body: JSON.stringify({ org_name: `Harbour ${number}` }) } : {};
      const { statusCode, body: response } = await pool.request({ method: load.method, path, headers, ...body });
      await response.dump();
      if (statusCode !== 200) throw new Error(`${load.method} ${path} was answered with ${statusCode}.`);
      answered += 1;
    }
  };
  await Promise.all(Array.from({ length: connections }, requestUntilEnd));
  await pool.close();
  return answered / load.seconds;
}

// Runs as the child process of `measureLoad`, which defines the message.
if (import.meta.main) {
  const load = await new Promise<Load>((resolve) => process.once("message", (message: Load) => resolve(message)));
  const perSecond = await requestAccounts(load);
  process.send?.(perSecond, () => process.exit());
}
