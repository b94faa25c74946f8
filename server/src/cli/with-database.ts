import { type AuditRecord, recordAudit } from "#access/index.ts";
import { type Config, loadSecretKeys, readConfig } from "#platform/config/read-config.ts";
import type { Database, Pool, Transaction } from "#platform/database/database.ts";
import { openDatabase } from "#platform/database/open-database.ts";
import { type Encryption, createEncryption, verifyKeys } from "#platform/encryption.ts";
import { createLogger } from "#platform/logger.ts";
import { type Provider, findProviderByHost, readFirstProvider } from "#portal/providers/index.ts";
import { type CommandNeeds, WrongUsage } from "./command.ts";

/**
 * Runs `work` on the configured database; joins a running embedded one. Unless `mayChange`, a missing or outdated database is
 * refused and left as it is: an incidental command must not migrate under running processes.
 */
export async function withDatabase<T>(
  { env, tell }: Pick<CommandNeeds, "env" | "tell">,
  work: (pool: Pool, config: Config) => Promise<T>,
  { mayChange = false }: { readonly mayChange?: boolean } = {},
): Promise<T> {
  const config = readConfig(env);
  const log = createLogger("warn");
  await using database = await openDatabase({ config, mayChange, say: tell, log });
  return await work(database.pool, config);
}

/** Opens the encryption. Refuses a wrong key. */
export async function openEncryption(pool: Pool, config: Config): Promise<Encryption> {
  const encryption = createEncryption(await loadSecretKeys(config));
  await verifyKeys(pool, encryption);
  return encryption;
}

/** The option that every command about a provider has. */
export const providerOption = { provider: { type: "string" } } as const;

/** The provider of a subdomain; without one the first, which on most installations is the only one. */
export async function findProvider(db: Database, subdomain: string | undefined): Promise<Provider> {
  if (subdomain === undefined) {
    const first = await readFirstProvider(db);
    if (!first) throw new WrongUsage("There is no provider yet. Start Bellwire once, or say: bellwire provider create");
    return first;
  }
  // The directory knows providers by their hosts; under which base domain does not matter here.
  const found = await findProviderByHost(db, { host: `${subdomain}.base`, baseDomain: "base" });
  if (found?.side !== "developer") throw new WrongUsage(`There is no provider with the subdomain ${subdomain}.`);
  return found.provider;
}

/** The actor of commands: somebody with access to the database, but no user of Bellwire. */
export const commandLine = { actor: { kind: "system" }, detail: { by: "command line" } } as const;

/** Audits a command. */
export const auditCommand = (tx: Transaction, { detail, ...deed }: Omit<AuditRecord, "actor">): Promise<void> =>
  recordAudit(tx, { ...deed, actor: commandLine.actor, detail: { ...detail, ...commandLine.detail } });
