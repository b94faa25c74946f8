import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { keepFile } from "#platform/files/keep-file.ts";
import { CannotStart } from "./cannot-start.ts";
import { readKeys } from "./parsers.ts";
import type { Config } from "./read-config.ts";
import { Wrong } from "./setting.ts";

/** The keys that encrypt secrets at rest, newest first: as they are set, else one that is kept in the data directory. */
export async function keepSecretKeys({
  secretKey,
  dataDir,
}: Pick<Config, "secretKey" | "dataDir">): Promise<readonly Buffer[]> {
  const path = join(dataDir, "secret-key");
  const text = secretKey?.reveal() ?? (await keepFile(path, () => `${randomBytes(32).toString("base64")}\n`)).content;
  const keys = readKeys(text);
  if (keys instanceof Wrong) throw new CannotStart(`${path} ${keys.says}. Restore it from a backup.`);
  return keys;
}
