import { DatabaseSync } from "node:sqlite";
import { systemClock } from "#platform/clock/clock.ts";

const tryEveryMs = 50;
/** Who waits longer than this would like to know why. */
const tellAfterMs = 1000;
const sqliteBusy = 5;

/**
 * Runs `work` while no other process does so under the same lock file. The lock is the exclusive transaction of an empty
 * SQLite database: the operating system gives it back when its holder dies, however that happens, so that there is no
 * stale lock to recognise. (Node has no flock of its own.)
 */
export async function exclusively<T>(lockFile: string, onWait: () => void, work: () => Promise<T>): Promise<T> {
  using lock = new DatabaseSync(lockFile, { timeout: 0 });
  let hasToldAlready = false;
  const sinceMs = systemClock.monotonicMs();
  while (!isTaken(lock)) {
    await systemClock.sleep(tryEveryMs);
    if (hasToldAlready || systemClock.monotonicMs() - sinceMs < tellAfterMs) continue;
    hasToldAlready = true;
    onWait();
  }
  return await work();
}

function isTaken(lock: DatabaseSync): boolean {
  try {
    lock.exec("begin exclusive");
    return true;
  } catch (error) {
    if (error instanceof Error && "errcode" in error && error.errcode === sqliteBusy) return false;
    throw error;
  }
}
