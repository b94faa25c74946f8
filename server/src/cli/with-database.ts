import type pg from "pg";
import { type AuditRecord, recordAudit } from "#access/index.ts";
import {
  type Cell,
  type Tenant,
  connectToCell,
  countOtherTenants,
  defaultCell,
  findTenant,
  openCell,
  readCells,
} from "#cells/index.ts";
import { type Config, loadSecretKeys, readConfig } from "#platform/config/read-config.ts";
import { classifyDatabaseError, providerMovingCode } from "#platform/database/connection.ts";
import type { Database, Pool, Transaction } from "#platform/database/database.ts";
import { type OpenedDatabase, openDatabase } from "#platform/database/open-database.ts";
import type { OpenedPool } from "#platform/database/pool.ts";
import { type Encryption, createEncryption, isEncrypted, verifyKeys } from "#platform/encryption.ts";
import { CannotStart, errorCode, errorMessage } from "#platform/errors.ts";
import { createLogger } from "#platform/logger.ts";
import { type Provider, readProvider } from "#portal/providers/index.ts";
import { type CommandNeeds, WrongUsage } from "./command.ts";

type Needs = Pick<CommandNeeds, "env" | "printStatus">;

interface Opening {
  /** Allows creating and migrating databases. */
  readonly mayChange?: boolean;
  /** Refuses the command while another process holds the lock. */
  readonly lock?: CommandLock | undefined;
}

/** A lock of the directory, and the sentence of the command that finds it taken. */
interface CommandLock {
  readonly take: (client: pg.Client) => Promise<boolean>;
  readonly refusal: string;
}

/** The client holds the lock until it is closed. */
export interface HeldLock extends AsyncDisposable {
  readonly client: pg.Client;
}

/** Takes a lock of the directory. Throws `CannotStart` with the refusal if another process has it. */
export async function holdLock(ownerUrl: string, { take, refusal }: CommandLock): Promise<HeldLock> {
  const client = await connectToCell({ schema: "bellwire", ownerUrl });
  if (await take(client)) return { client, [Symbol.asyncDispose]: () => client.end() };
  await client.end();
  throw new CannotStart(refusal);
}

/** The opened database of the directory, which is also the default cell. */
export interface Installation {
  readonly directory: OpenedPool;
  readonly database: OpenedDatabase;
  readonly config: Config;
  /** Opens a cell: the default one is open, others are closed at the end of the command. */
  readonly open: (cell: Cell) => Promise<OpenedPool>;
}

/**
 * Runs `work` on the configured database; joins a running embedded one. Unless `mayChange`, a missing or outdated database is
 * refused and left as it is: an incidental command must not migrate under running processes.
 */
export async function withInstallation<T>(
  { env, printStatus }: Needs,
  work: (installation: Installation) => Promise<T>,
  { mayChange = false, lock }: Opening = {},
): Promise<T> {
  const config = readConfig(env);
  const log = createLogger("warn");
  const onSignal = (): void => void (log.level = "silent"); // lost connections are no news then
  await using database = await openDatabase({ config, mayChange, printStatus, log, onSignal });
  await using opened = new AsyncDisposableStack();
  const { pool: directory, access, ownerUrl } = database;
  if (lock) opened.use(await holdLock(ownerUrl, lock));
  let encryption: Encryption | undefined;
  const pools = new Map([[defaultCell, Promise.resolve(directory)]]);
  const openOnce = async (cell: Cell): Promise<OpenedPool> => {
    encryption ??= await openEncryption(directory, config);
    const needs = {
      access: () => access,
      ownerUrl,
      encryption,
      max: config.databaseConnections,
      mayChange,
      printStatus,
      log,
    };
    return opened.use(await openCell(cell, needs));
  };
  const open = (cell: Cell): Promise<OpenedPool> => {
    const pool = pools.get(cell.number) ?? openOnce(cell);
    pools.set(cell.number, pool);
    return pool;
  };
  try {
    return await work({ directory, database, config, open });
  } catch (error) {
    throw explainFailure(error);
  }
}

/** Returns the error that the command prints for an error of the database, and others as they are. */
function explainFailure(cause: unknown): unknown {
  const part = "during the command, which may have done a part of its work";
  if (errorCode(cause) === providerMovingCode)
    return new CannotStart(`The provider is moved to another cell ${part}. Repeat it.`, { cause });
  return classifyDatabaseError(cause) === undefined
    ? cause
    : new CannotStart(`The database failed ${part}: ${errorMessage(cause)}`, { cause });
}

/** Runs `work` on each cell, one after another, the default one first. */
export const withEveryCell = (
  needs: Needs,
  work: (pool: OpenedPool) => Promise<void>,
  opening?: Opening,
): Promise<void> =>
  withInstallation(
    needs,
    async ({ directory, open }) => {
      for (const cell of await readCells(directory)) await work(await open(cell));
    },
    opening,
  );

export interface ProviderInCell {
  readonly provider: Provider;
  /** The provider's cell. */
  readonly pool: OpenedPool;
  readonly config: Config;
}

/**
 * Runs `work` on the cell of a provider: that of the subdomain, or the first, as hosts without a base domain do. Names the first one if there
 * are several, so that nobody takes it for another or for all.
 */
export const withProvider = <T>(
  needs: Needs,
  subdomain: string | undefined,
  work: (found: ProviderInCell) => Promise<T>,
  opening?: Opening,
): Promise<T> =>
  withInstallation(
    needs,
    async ({ directory, config, open }) => {
      const tenant = await requireTenant(directory, subdomain);
      if (subdomain === undefined && (await countOtherTenants(directory, tenant.providerId)) > 0)
        needs.printStatus(`of ${tenant.subdomain}, the first of several providers; --provider chooses another`);
      const cell = (await readCells(directory)).find(({ number }) => number === tenant.cell);
      const pool = cell && (await open(cell));
      const provider = pool && (await readProvider(pool, tenant.providerId));
      if (!pool || !provider) throw new CannotStart(`The provider ${tenant.subdomain} is not in its cell.`);
      return work({ provider, pool, config });
    },
    opening,
  );

/** Returns the tenant of a subdomain; without one, the first. */
export async function requireTenant(directory: Database, subdomain: string | undefined): Promise<Tenant> {
  const tenant = await findTenant(directory, subdomain);
  if (tenant?.isDeleting)
    throw new WrongUsage(`${tenant.subdomain} is being deleted: repeat \`bellwire provider delete\`.`);
  if (tenant) return tenant;
  if (subdomain !== undefined) throw unknownProvider(subdomain);
  throw new WrongUsage("There is no provider yet. Start Bellwire once, or run: bellwire provider create");
}

export const unknownProvider = (subdomain: string): WrongUsage =>
  new WrongUsage(`There is no provider with the subdomain ${subdomain}: bellwire provider list shows all.`);

/** Opens the encryption. Refuses a wrong key. */
export async function openEncryption(pool: Pool, config: Config): Promise<Encryption> {
  const encryption = createEncryption(await loadSecretKeys(config, () => isEncrypted(pool)));
  await verifyKeys(pool, encryption);
  return encryption;
}

/** The option that every command about a provider has. */
export const providerOption = { provider: { type: "string" } } as const;

/** The actor of commands: somebody with access to the database, but no user of Bellwire. */
export const commandLine = { actor: { kind: "system" }, detail: { by: "command line" } } as const;

type CommandRecord = Omit<AuditRecord, "actor">;

/** Returns the audit record of a command. */
export const commandRecord = ({ detail, ...auditRecord }: CommandRecord): AuditRecord => ({
  ...auditRecord,
  actor: commandLine.actor,
  detail: { ...detail, ...commandLine.detail },
});

/** Audits a command. */
export const auditCommand = (tx: Transaction, auditRecord: CommandRecord): Promise<void> =>
  recordAudit(tx, commandRecord(auditRecord));
