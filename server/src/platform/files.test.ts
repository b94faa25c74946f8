import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { makeFolder, readFileIfExists, readOrCreateFile, withFileLock } from "./files.ts";

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "bellwire-files-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

test("20 concurrent creations of a file return the same content and leave no other file", async () => {
  const folder = await newFolder();
  const path = join(folder, "key");
  const all = await Promise.all(
    Array.from({ length: 20 }, (_, index) => readOrCreateFile(path, () => `made by ${index}`)),
  );
  expect(new Set(all)).toEqual(new Set([await readFile(path, "utf8")]));
  expect(await readdir(folder)).toEqual(["key"]);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
});

test("an existing file is read, not created again", async () => {
  const path = join(await newFolder(), "key");
  await readOrCreateFile(path, () => "first");
  expect(await readOrCreateFile(path, () => "second")).toBe("first");
});

test("tasks under one lock file never overlap, a failed task releases the lock, and nothing is written", async () => {
  const folder = await newFolder();
  const lockFile = join(folder, "lock");
  const seen: string[] = [];
  let running = 0;
  let runningMax = 0;
  const work = async (): Promise<void> => {
    running += 1;
    runningMax = Math.max(runningMax, running);
    seen.push(...(await readdir(folder)));
    running -= 1;
    throw new Error("done badly");
  };
  const all = Array.from({ length: 5 }, () => withFileLock(lockFile, () => undefined, work));
  for (const { status } of await Promise.allSettled(all)) expect(status).toBe("rejected");
  expect(runningMax).toBe(1);
  expect(new Set(seen)).toEqual(new Set(["lock"]));
  expect((await stat(lockFile)).size).toBe(0);
});

test.runIf(process.platform === "linux")(
  "a private file that cannot be written is named, and leaves no draft",
  async () => {
    const path = join("/proc", "key");
    await expect(readOrCreateFile(path, () => "content")).rejects.toThrow(`${path} cannot be written: ENOENT`);
  },
);

test("a stop ends the wait for a lock that another process holds", async () => {
  const lockFile = join(await newFolder(), "lock");
  const stop = new AbortController();
  await withFileLock(
    lockFile,
    () => undefined,
    async () => {
      const waiting = withFileLock(
        lockFile,
        () => undefined,
        () => Promise.resolve("taken"),
        stop.signal,
      );
      stop.abort();
      await expect(waiting).rejects.toBe(stop.signal.reason);
    },
  );
});

test("a file that cannot be read, and a lock file that is damaged, are named", async () => {
  const folder = await newFolder();
  await expect(readFileIfExists(folder)).rejects.toThrow(`${folder} cannot be read: EISDIR`);
  expect(await readFileIfExists(join(folder, "none"))).toBeUndefined();
  const lockFile = join(folder, "lock");
  await writeFile(lockFile, "no lock");
  const locking = withFileLock(
    lockFile,
    () => undefined,
    () => Promise.resolve(),
  );
  await expect(locking).rejects.toThrow(`${lockFile} cannot be locked: file is not a database. Delete it`);
});

test("no other user can open a lock file, and so hold its lock", async () => {
  const lockFile = join(await newFolder(), "lock");
  await withFileLock(
    lockFile,
    () => undefined,
    async () => undefined,
  );
  expect((await stat(lockFile)).mode & 0o777).toBe(0o600);
});

test("a folder is created with those above it, and again without an error", async () => {
  const path = join(await newFolder(), "a", "b", "c");
  await makeFolder(path, 0o700);
  await makeFolder(path, 0o700);
  expect((await stat(path)).mode & 0o777).toBe(0o700);
});

test.runIf(process.platform === "linux")("a folder in a file system that takes none is refused", async () => {
  await expect(makeFolder("/proc/bellwire/data", 0o700)).rejects.toThrow("ENOENT");
  await expect(makeFolder("/dev/null/data", 0o700)).rejects.toThrow("ENOTDIR");
});
