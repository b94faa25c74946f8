import { existsSync, readFileSync, rmSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Pool } from "../server/src/platform/database/database.ts";
import { migrate } from "../server/src/platform/database/migrate.ts";
import { openPool } from "../server/src/platform/database/pool.ts";
import { openEmbeddedPostgres } from "../server/src/platform/embedded-postgres/open-embedded-postgres.ts";
import { type Encryption, createEncryption } from "../server/src/platform/encryption.ts";

export const schema = "bellwire";
/** Key of all processes of a benchmark. */
export const secretKey = Buffer.alloc(32, 1);

export interface BenchDatabase extends AsyncDisposable {
  readonly folder: string;
  /** Connection string of the product. */
  readonly appUrl: string;
  readonly ownerUrl: string;
  readonly owner: Pool;
  readonly encryption: Encryption;
  readonly postgresPid: number;
  /** The product's pool, in this process. */
  openAppPool(): Promise<Pool & AsyncDisposable>;
}

/** Starts the product's embedded PostgreSQL with an empty, migrated database. Deletes it on disposal. */
export async function openBenchDatabase(): Promise<BenchDatabase> {
  const folder = await mkdtemp(join(tmpdir(), "bellwire-bench-"));
  await using opened = new AsyncDisposableStack();
  opened.defer(() => rm(folder, { recursive: true, force: true }));
  const { ownerUrl, appUrl } = opened.use(await openEmbeddedPostgres(folder, () => undefined));
  await migrate({ connectionString: ownerUrl, schema });
  const owner = opened.use(await openPool({ connectionString: ownerUrl, schema, max: 4 }));
  const [row] = await owner.query<{ path: string }>("select current_setting('data_directory') as path");
  const postgresPid = Number(readFileSync(join(row?.path ?? "", "postmaster.pid"), "utf8").split("\n")[0]);
  const endInterrupt = beforeInterrupt(() => {
    process.kill(postgresPid, "SIGQUIT");
    waitForEnd(postgresPid); // its folder cannot be removed while it writes
    rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  });
  opened.defer(endInterrupt);
  const resources = opened.move();
  return {
    folder,
    appUrl,
    ownerUrl,
    owner,
    encryption: createEncryption([secretKey]),
    postgresPid,
    openAppPool: () => openPool({ connectionString: appUrl, schema }),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

/** Blocks until a process has ended, at most two seconds. */
function waitForEnd(pid: number): void {
  const pause = new Int32Array(new SharedArrayBuffer(4));
  for (let tries = 0; tries < 40 && existsSync(`/proc/${pid}/stat`); tries += 1) Atomics.wait(pause, 0, 0, 50);
}

/**
 * Runs `stop` before an interrupt or a time limit ends the benchmark, because its servers would otherwise keep running. Returns a
 * function that ends that, for a server that has been stopped: `stop` would throw, and leave the other servers running.
 */
export function beforeInterrupt(stop: () => void): () => void {
  const signals = ["SIGINT", "SIGTERM"] as const;
  const onSignal = (): void => {
    stop();
    setImmediate(() => process.exit(1)); // after the listeners of other servers
  };
  for (const signal of signals) process.once(signal, onSignal);
  return () => {
    for (const signal of signals) process.removeListener(signal, onSignal);
  };
}
