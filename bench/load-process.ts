/** Asks one server for accounts as fast as it answers, for so many seconds, and says how many a second it was. */
import { Pool } from "undici";
import type { Load } from "./start-load.ts";

const connections = 16;

// What is sent has the shape that start-load.ts gives it.
const load = await new Promise<Load>((resolve) => process.once("message", (said: Load) => resolve(said)));
const pool = new Pool(load.origin, { connections, pipelining: 1 });
const endsMs = performance.now() + load.seconds * 1000;
const headers = { authorization: `Bearer ${load.token}`, "content-type": "application/json" };
let asked = 0;
let answered = 0;

async function askOn(): Promise<void> {
  while (performance.now() < endsMs) {
    const number = asked++;
    const path = `${load.path}/${load.ids[number % load.ids.length]}${load.extension}`;
    const body = load.method === "PUT" ? { body: JSON.stringify({ org_name: `Harbour ${number}` }) } : {};
    const { statusCode, body: answer } = await pool.request({ method: load.method, path, headers, ...body });
    await answer.dump();
    if (statusCode !== 200) throw new Error(`${load.method} ${path} was answered with ${statusCode}.`);
    answered += 1;
  }
}

await Promise.all(Array.from({ length: connections }, askOn));
await pool.close();
process.send?.(answered / load.seconds, () => process.exit());
