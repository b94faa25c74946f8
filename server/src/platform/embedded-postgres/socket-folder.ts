import { createHash } from "node:crypto";
import { chown, lstat, mkdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CannotStart } from "#platform/config/cannot-start.ts";
import type { Place } from "./choose-place.ts";
import { socketPort } from "./server-settings.ts";

/** The longest path of a socket: 104 bytes with the closing zero on macOS, 108 on Linux. */
const socketPathBytesMax = 103;

/** A private folder for the server's socket: beside the data, or below the temporary folder where that path is too long. */
export async function makeSocketFolder({ folder, user }: Place): Promise<string> {
  const beside = join(folder, "socket");
  const fits = Buffer.byteLength(join(beside, `.s.PGSQL.${socketPort}`)) <= socketPathBytesMax;
  const hash = createHash("sha256").update(folder).digest("hex").slice(0, 16);
  const chosen = fits ? beside : join(tmpdir(), `bellwire-${hash}`);

  const owner = user ?? { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  const isNew = (await mkdir(chosen, { recursive: true, mode: 0o700 })) !== undefined;
  if (isNew) await chown(chosen, owner.uid, owner.gid);
  const found = await lstat(chosen);
  if (!found.isDirectory() || found.uid !== owner.uid || (found.mode & 0o077) !== 0) {
    throw new CannotStart(
      `${chosen} is not a private folder of the user that PostgreSQL runs as. Remove it and start again.`,
    );
  }
  return chosen;
}
