import { execFile } from "node:child_process";
import { statfs } from "node:fs/promises";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Far more than a run writes. Memory is used only as it is written. */
const roomy = "6g";

/**
 * How many blocks of 4 kB stay free. What is written between looking and resizing makes a size too small to be accepted, and
 * PostgreSQL writes segments of 16 MB: then it is looked at again, and more is left.
 */
const leftBlocks = [2, 200, 2000, 20_000];

/** A file system in memory that can be made full at once, and roomy again, without a file being written. */
export interface SmallDisk extends AsyncDisposable {
  fill(): Promise<void>;
  makeRoom(): Promise<void>;
}

/** Mounts one on a folder; undefined where that is not permitted. */
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
      for (const left of leftBlocks) {
        const { bsize, blocks, bfree } = await statfs(folder);
        const size = (blocks - bfree + left) * bsize;
        const isAccepted = await resize(size).then(
          () => true,
          () => false,
        );
        if (isAccepted) return;
      }
      throw new Error("More was written between looking and resizing than was left free, each time.");
    },
    makeRoom: () => resize(roomy),
    async [Symbol.asyncDispose]() {
      await run("umount", ["-l", folder]);
    },
  };
}
