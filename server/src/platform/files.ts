import { existsSync, writeFileSync } from "node:fs";
import { link, mkdir, open, readFile, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { systemClock } from "./clock.ts";
import { CannotStart, errorCode, errorMessage } from "./errors.ts";
import { randomHex } from "./ids.ts";

/**
 * Returns the content of a private file that is created once. Concurrent creators all get the same content, and returned
 * content survives a power failure. A file that cannot be written ends the start.
 */
export async function readOrCreateFile(path: string, make: () => string): Promise<string> {
  const existing = await readFileIfExists(path);
  if (existing !== undefined) return existing;

  const draft = `${path}.${randomHex(4)}.draft`;
  try {
    await writeDurably(draft, make());
    // Unlike a rename, it replaces nothing: another process may have been first.
    await link(draft, path).catch(ignoreExistingFile);
    await syncFolder(dirname(path));
    return await readFile(path, "utf8");
  } catch (error) {
    throw new CannotStart(`${path} cannot be written: ${errorMessage(error)}`, { cause: error });
  } finally {
    await rm(draft, { force: true });
  }
}

/** Returns undefined if there is no such file. One that cannot be read ends the start, such as a file that root has restored. */
export async function readFileIfExists(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    const code = errorCode(error);
    if (code === "ENOENT") return undefined;
    const advice = code === "EACCES" ? ". Give it to the user that Bellwire runs as" : "";
    throw new CannotStart(`${path} cannot be read: ${errorMessage(error)}${advice}`, { cause: error });
  }
}

/** Creates a folder and those above it. Node's `recursive` never ends below a folder like /proc, which exists and takes no others. */
export async function makeFolder(path: string, mode: number): Promise<void> {
  try {
    await mkdir(path, { mode });
  } catch (error) {
    if (existsSync(path) && (await stat(path)).isDirectory()) return;
    if (errorCode(error) !== "ENOENT" || existsSync(dirname(path))) throw error;
    await makeFolder(dirname(path), mode);
    await makeFolder(path, mode);
  }
}

function ignoreExistingFile(error: unknown): void {
  if (errorCode(error) !== "EEXIST") throw error;
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
/** After this wait, the reason is reported. */
const reportAfterMs = 1000;
const sqliteBusy = 5;

/**
 * Runs `work` while no other process does so with the same lock file. The lock is an exclusive transaction of an empty SQLite
 * database: the operating system releases it however its holder dies, so there are no stale locks. (Node has no flock.) Nothing is
 * written, so that a database can be started and stopped on a full disk. `stop` ends the wait, and rejects with its reason.
 */
export async function withFileLock<T>(
  lockFile: string,
  onWait: () => void,
  work: () => Promise<T>,
  stop?: AbortSignal,
): Promise<T> {
  using lock = openLock(lockFile);
  let isReported = false;
  const sinceMs = systemClock.monotonicMs();
  while (!isTaken(lock, lockFile)) {
    await systemClock.sleep(tryEveryMs, stop);
    stop?.throwIfAborted();
    if (isReported || systemClock.monotonicMs() - sinceMs < reportAfterMs) continue;
    isReported = true;
    onWait();
  }
  return await work();
}

function openLock(path: string): DatabaseSync {
  try {
    createPrivately(path);
    return new DatabaseSync(path, { timeout: 0 });
  } catch (error) {
    // Another user may have created it.
    throw new CannotStart(`${path} cannot be opened: ${errorMessage(error)}`, { cause: error });
  }
}

/** SQLite would let all users of the machine read the file, and whoever may read it may hold a lock that keeps ours out. */
function createPrivately(path: string): void {
  try {
    writeFileSync(path, "", { flag: "wx", mode: 0o600 });
  } catch (error) {
    ignoreExistingFile(error);
  }
}

function isTaken(lock: DatabaseSync, path: string): boolean {
  try {
    lock.exec("pragma journal_mode = memory; begin exclusive");
    return true;
  } catch (error) {
    if (error instanceof Error && "errcode" in error && error.errcode === sqliteBusy) return false;
    throw new CannotStart(`${path} cannot be locked: ${errorMessage(error)}. Delete it while no Bellwire runs`, {
      cause: error,
    });
  }
}
