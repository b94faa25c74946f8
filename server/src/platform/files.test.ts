import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { readOrCreateFile, withFileLock } from "./files.ts";

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "bellwire-files-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

test("of many that make a file at once, all get the content of one, and nothing else is left", async () => {
  const folder = await newFolder();
  const path = join(folder, "key");
  const all = await Promise.all(
    Array.from({ length: 20 }, (_, index) => readOrCreateFile(path, () => `made by ${index}`)),
  );
  expect(new Set(all.map(({ content }) => content)).size).toBe(1);
  expect(all.filter(({ isNew }) => isNew)).toHaveLength(1);
  expect(await readdir(folder)).toEqual(["key"]);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
});

test("what is kept is not made again", async () => {
  const path = join(await newFolder(), "key");
  await readOrCreateFile(path, () => "first");
  expect(await readOrCreateFile(path, () => "second")).toEqual({ content: "first", isNew: false });
});

test("works under one lock file never overlap, and a work that fails gives the lock back", async () => {
  const lockFile = join(await newFolder(), "lock");
  let atWork = 0;
  let atWorkMax = 0;
  const work = async (): Promise<void> => {
    atWork += 1;
    atWorkMax = Math.max(atWorkMax, atWork);
    await new Promise(setImmediate);
    atWork -= 1;
    throw new Error("done badly");
  };
  const all = Array.from({ length: 5 }, () => withFileLock(lockFile, () => undefined, work));
  for (const { status } of await Promise.allSettled(all)) expect(status).toBe("rejected");
  expect(atWorkMax).toBe(1);
});
