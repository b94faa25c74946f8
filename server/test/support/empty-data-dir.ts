import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { fastestFolder } from "./fastest-folder.ts";
import { isAlive, kill, postmasterOf } from "./processes.ts";
import { until } from "./until.ts";

export interface DataDir extends AsyncDisposable {
  readonly path: string;
}

/** An empty data directory. Disposal removes it, and ends a server that a failed test left in it. */
export async function makeEmptyDataDir(): Promise<DataDir> {
  const path = await mkdtemp(join(await fastestFolder(), "bellwire-test-"));
  return {
    path,
    async [Symbol.asyncDispose]() {
      await endServerIn(path);
      await rm(path, { recursive: true, force: true });
    },
  };
}

/** Ends the server that a killed process left in a data directory. */
export async function endServerIn(path: string): Promise<void> {
  const pid = await postmasterOf(path);
  if (pid !== undefined) kill(pid, "SIGQUIT");
  await until(() => pid === undefined || !isAlive(pid));
}
