import { link, open, readFile, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { systemClock } from "./clock.ts";
import { errorCode } from "./errors.ts";
import { randomHex } from "./ids.ts";

/**
 * The content of a private file that is made once and then kept. Of several processes that make it in the same instant all
 * get the same content, and what was returned once is still there after a power cut.
 */
export async function readOrCreateFile(path: string, make: () => string): Promise<{ content: string; isNew: boolean }> {
  const kept = await readFileIfExists(path);
  if (kept !== undefined) return { content: kept, isNew: false };

  const made = make();
  const draft = `${path}.${randomHex(4)}.draft`;
  await writeDurably(draft, made);
  try {
    await link(draft, path); // fails, unlike a rename, if somebody else was first
    return { content: made, isNew: true };
  } catch (error) {
    const theirs = await readFileIfExists(path);
    if (theirs === undefined) throw error;
    return { content: theirs, isNew: false };
  } finally {
    await unlink(draft);
    await syncFolder(dirname(path));
  }
}

export async function readFileIfExists(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw error;
  }
}

async function writeDurably(path: string, content: string): Promise<void> {
  await using file = await open(path, "wx", 0o600);
  await file.writeFile(content);
  await file.sync();
}

async function syncFolder(path: string): Promise<void> {
  await using folder = await open(path, "r");
  await folder.sync();
}

const tryEveryMs = 50;
/** Who waits longer than this would like to know why. */
const tellAfterMs = 1000;
const sqliteBusy = 5;

/**
 * Runs `work` while no other process does so under the same lock file. The lock is the exclusive transaction of an empty
 * SQLite database: the operating system gives it back when its holder dies, however that happens, so that there is no
 * stale lock to recognise. (Node has no flock of its own.)
 */
export async function withFileLock<T>(lockFile: string, onWait: () => void, work: () => Promise<T>): Promise<T> {
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
