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
      const pid = await postmasterOf(path);
      if (pid !== undefined) kill(pid, "SIGQUIT");
      await until(() => pid === undefined || !isAlive(pid));
      await rm(path, { recursive: true, force: true });
    },
  };
}
