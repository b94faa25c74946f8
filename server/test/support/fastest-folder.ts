import { statfs } from "node:fs/promises";

/**
 * Returns a folder in memory if it can hold the databases of a run: copying the template, a thousand small files, takes 20 ms there and
 * up to a second on a disk, and commits do not wait. The path is short, as a socket's path must be.
 */
export async function fastestFolder(): Promise<string> {
  const memory = "/dev/shm";
  const { bavail, bsize } = await statfs(memory).catch(() => ({ bavail: 0, bsize: 0 }));
  return bavail * bsize > 2 * 1024 ** 3 ? memory : "/tmp";
}
