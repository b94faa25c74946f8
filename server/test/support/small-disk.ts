import { execFile } from "node:child_process";
import { statfs } from "node:fs/promises";
import { promisify } from "node:util";
import { endServerIn } from "./empty-data-dir.ts";

const run = promisify(execFile);

/** More than a run writes. Memory is used only for written blocks. */
const roomy = "6g";

/**
 * Free blocks of 4 kB to leave. A resize fails if PostgreSQL, which writes segments of 16 MB, has used more since the free space was
 * read. It is then repeated with more free space.
 */
const freeBlockSteps = [2, 200, 2000, 20_000];

/** A file system in memory that can be made full, and large again, without writing a file. */
export interface SmallDisk extends AsyncDisposable {
  fill(): Promise<void>;
  /** Leaves about so many bytes free. */
  leave(bytes: number): Promise<void>;
  makeRoom(): Promise<void>;
}

/** Mounts a small disk on a folder. Returns undefined without the permission to mount. */
export async function mountSmallDisk(folder: string): Promise<SmallDisk | undefined> {
  const options = (size: string | number): string => `size=${size},mode=755`;
  try {
    await run("mount", ["-t", "tmpfs", "-o", options(roomy), "bellwire-test", folder]);
  } catch {
    return undefined;
  }
  const resize = async (size: string | number): Promise<void> => {
    await run("mount", ["-o", `remount,${options(size)}`, folder]);
  };
  return {
    async fill() {
      for (const freeBlocks of freeBlockSteps) {
        const { bsize, blocks, bfree } = await statfs(folder);
        const size = (blocks - bfree + freeBlocks) * bsize;
        const isAccepted = await resize(size).then(
          () => true,
          () => false,
        );
        if (isAccepted) return;
      }
      throw new Error("In each try, more was written before the resize than was to stay free.");
    },
    async leave(bytes) {
      const { bsize, blocks, bfree } = await statfs(folder);
      await resize((blocks - bfree) * bsize + bytes);
    },
    makeRoom: () => resize(roomy),
    async [Symbol.asyncDispose]() {
      await endServerIn(folder); // unmounted, it could not be found, and would run on
      await run("umount", ["-l", folder]);
    },
  };
}

/** Mounts an empty, read-only file system on a folder. Returns undefined without the permission to mount. */
export async function mountReadOnly(folder: string): Promise<AsyncDisposable | undefined> {
  try {
    await run("mount", ["-t", "tmpfs", "-o", "ro", "bellwire-test", folder]);
  } catch {
    return undefined;
  }
  return {
    async [Symbol.asyncDispose]() {
      await run("umount", ["-l", folder]);
    },
  };
}
