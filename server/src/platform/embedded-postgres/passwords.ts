import { join } from "node:path";
import { CannotStart } from "#platform/config/cannot-start.ts";
import { keepFile } from "#platform/files/keep-file.ts";
import { randomHex } from "#platform/ids/random-token.ts";

export interface Passwords {
  /** Of the superuser that owns everything: makes the database and migrates it. */
  readonly owner: string;
  /** Of the role that the product connects as. */
  readonly app: string;
}

/** The passwords of the embedded database's two roles, made at the first start and kept in the data directory. */
export async function keepPasswords(dataDir: string): Promise<Passwords> {
  const path = join(dataDir, "database-passwords");
  const { content } = await keepFile(path, () => `owner ${randomHex(24)}\napp ${randomHex(24)}\n`);
  const [, owner, app] = /^owner ([0-9a-f]{48})\napp ([0-9a-f]{48})\n$/.exec(content) ?? [];
  if (!owner || !app) throw new CannotStart(`${path} is not what Bellwire wrote there. Restore it from a backup.`);
  return { owner, app };
}
