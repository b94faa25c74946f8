import { execFile } from "node:child_process";
import { access, mkdir, rename } from "node:fs/promises";
import { promisify } from "node:util";
import { inject } from "vitest";
import { makeEmptyDataDir, type DataDir } from "./empty-data-dir.ts";
import { BellwireProcess } from "./start-bellwire.ts";
import { until } from "./until.ts";

/** A data directory after `bellwire migrate`: the first start still creates the provider, in half the time. */
export async function makeDataDir(): Promise<DataDir> {
  const migrated = await migrateOnce(inject("migratedDataDir"));
  const folder = await makeEmptyDataDir();
  await promisify(execFile)("cp", ["-a", `${migrated}/.`, folder.path]); // keeps the owner, which PostgreSQL checks
  return folder;
}

/** Two test files may start at the same time: one creates the directory, the other waits. */
async function migrateOnce(path: string): Promise<string> {
  const draft = `${path}.draft`;
  const isThere = (): Promise<boolean> =>
    access(path).then(
      () => true,
      () => false,
    );
  if (await isThere()) return path;
  try {
    await mkdir(draft);
  } catch {
    await until(isThere, { withinMs: 60_000 });
    return path;
  }
  await using migrating = new BellwireProcess(["migrate"], { BELLWIRE_DATA_DIR: draft });
  if ((await migrating.ended) !== 0) throw new Error(migrating.stderr);
  await rename(draft, path);
  return path;
}
