import { type Config, loadSecretKeys, readConfig } from "#platform/config/read-config.ts";
import type { Pool } from "#platform/database/database.ts";
import { openDatabase } from "#platform/database/open-database.ts";
import { type Encryption, createEncryption, verifyKeys } from "#platform/encryption.ts";
import { createLogger } from "#platform/logger.ts";
import type { CommandNeeds } from "./command.ts";

/**
 * Runs `work` on the database that the environment names; an embedded one that runs already is joined. One that is not there, or
 * not up to date, is left as it is and refused, unless it may be changed: what is asked by the way must not migrate under those
 * that run.
 */
export async function onDatabase<T>(
  { env, tell }: Pick<CommandNeeds, "env" | "tell">,
  work: (pool: Pool, config: Config) => Promise<T>,
  { mayChange = false }: { readonly mayChange?: boolean } = {},
): Promise<T> {
  const config = readConfig(env);
  const log = createLogger("warn");
  await using database = await openDatabase({ config, mayChange, say: tell, log });
  return await work(database.pool, config);
}

/** For what is kept encrypted. A wrong key is refused. */
export async function openEncryption(pool: Pool, config: Config): Promise<Encryption> {
  const encryption = createEncryption(await loadSecretKeys(config));
  await verifyKeys(pool, encryption);
  return encryption;
}
