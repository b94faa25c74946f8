import { createRequire } from "node:module";
import type * as Undici from "undici";

// The package's own entry also loads its caches, mocks and proxies: 90 modules, and 0.1 s of the start of each process.
const load = createRequire(import.meta.url);

export const Pool: typeof Undici.Pool = load("undici/lib/dispatcher/pool.js");
export type Pool = Undici.Pool;

export const createConnector: typeof Undici.buildConnector = load("undici/lib/core/connect.js");
