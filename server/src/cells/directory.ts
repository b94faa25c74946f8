import { systemClock } from "#platform/clock.ts";
import { NoConnection, classifyDatabaseError } from "#platform/database/connection.ts";
import { type Database, type Pool, queryRow, type Transaction } from "#platform/database/database.ts";
import { type Encryption, UndecryptableValue } from "#platform/encryption.ts";
import { CannotStart } from "#platform/errors.ts";

/**
 * The directory: the cells of an installation, and the tenants, which assign each provider to one of them. It is in the database of
 * `DATABASE_URL`, outside of every cell, and never joined with a cell's tables.
 */

/** The schema `bellwire` of the directory's own database. */
export const defaultCell = 0;

/** A draining cell serves its providers and gets no new ones. One that is being added is not complete, and nobody uses it. */
export type CellState = "adding" | "active" | "draining";

export interface Cell {
  readonly number: number;
  readonly name: string;
  readonly schema: string;
  readonly state: CellState;
  /** The encrypted connection string. Null: the directory's own database. */
  readonly databaseUrl: Buffer | null;
}

const cellColumns = `number, name, schema_name as schema, state, database_url`;
const readCellsStatement = `select ${cellColumns} from bellwire_directory.cells where state <> 'adding' order by number`;
const readListedCellsStatement = `select ${cellColumns} from bellwire_directory.cells order by number`;

/** Returns the cells that can be used. */
export const readCells = (directory: Database): Promise<Cell[]> => directory.query<Cell>(readCellsStatement);

/** Returns all cells, with those that are being added. */
export const readListedCells = (directory: Database): Promise<Cell[]> =>
  directory.query<Cell>(readListedCellsStatement);

const purpose = "cell database";

/** Returns the connection string of a cell in another database. */
export function revealDatabaseUrl(encryption: Encryption, { name, databaseUrl }: Cell): string | undefined {
  if (databaseUrl === null) return undefined;
  try {
    return encryption.decrypt(purpose, databaseUrl);
  } catch (error) {
    if (!(error instanceof UndecryptableValue)) throw error;
    throw new CannotStart(`The database of cell ${name} cannot be read: ${error.message}.`, { cause: error });
  }
}

/** Databases of one installation, each with its share of the ids (migrations/directory/0001_cells_and_tenants.sql). */
const databasesMax = 16;

export interface NewCell {
  readonly name: string;
  readonly schema: string;
  /** Undefined: the directory's own database. */
  readonly databaseUrl: string | undefined;
}

// The table is locked, so no other command chooses the same number or share.
const insertCellStatement = `
  insert into bellwire_directory.cells (number, name, schema_name, database_url, id_share, state)
  select coalesce(max(number), 0) + 1, $1, $2, $3, $4, 'adding' from bellwire_directory.cells
  returning ${cellColumns}, id_share`;

// Left by a command that was interrupted.
const unfinishedStatement = `
  select ${cellColumns}, id_share from bellwire_directory.cells
  where name = $1 and schema_name = $2 and state = 'adding'`;

const readSharesStatement = `select number, database_url, id_share from bellwire_directory.cells`;

/** A cell that is listed, and not used before its tables exist. */
export interface ListedCell extends Cell {
  /** The share of the ids of its database. Null: the directory's database, which has share 0. */
  readonly idShare: number | null;
}

/**
 * Lists a new cell, as `adding` until it can be used. Cells of one other database must be given the same connection string, so
 * that they get the same share of the ids. Returns undefined if the name or the place is taken.
 */
export async function insertCell(
  tx: Transaction,
  encryption: Encryption,
  { name, schema, databaseUrl }: NewCell,
): Promise<ListedCell | undefined> {
  await tx.query(`lock table bellwire_directory.cells in share row exclusive mode`);
  const cells = await readListedCells(tx);
  const isTaken = (cell: Cell): boolean =>
    cell.name === name || (cell.schema === schema && revealDatabaseUrl(encryption, cell) === databaseUrl);
  const taken = cells.filter(isTaken);
  const [unfinished] = await tx.query<ListedCell>(unfinishedStatement, [name, schema]);
  if (unfinished && taken.length === 1 && revealDatabaseUrl(encryption, unfinished) === databaseUrl) return unfinished;
  if (taken.length > 0) return undefined;
  const shares = await tx.query<Pick<ListedCell, "number" | "databaseUrl" | "idShare">>(readSharesStatement);
  const urlOf = new Map(cells.map((cell) => [cell.number, revealDatabaseUrl(encryption, cell)]));
  const known = shares.find(({ number }) => urlOf.get(number) === databaseUrl)?.idShare;
  const free = Math.max(0, ...shares.map(({ idShare }) => idShare ?? 0)) + 1;
  if (databaseUrl !== undefined && known === undefined && free >= databasesMax) {
    throw new CannotStart(`An installation has at most ${databasesMax} databases.`);
  }
  const share = databaseUrl === undefined ? null : (known ?? free);
  const cipher = databaseUrl === undefined ? null : encryption.encrypt(purpose, databaseUrl);
  const [cell] = await tx.query<ListedCell>(insertCellStatement, [name, schema, cipher, share]);
  return cell;
}

const updateStateStatement = `
  update bellwire_directory.cells set state = $2
  where name = $1
    and ($2 = 'active' or exists (select from bellwire_directory.cells other where other.name <> $1 and other.state = 'active'))
  returning ${cellColumns}`;

/** Returns undefined, and changes nothing, if the cell is the last active one and would drain: new providers would have no cell. */
export async function updateCellState(tx: Transaction, name: string, state: CellState): Promise<Cell | undefined> {
  await tx.query(`lock table bellwire_directory.cells in share row exclusive mode`); // two commands may drain one cell each
  const [cell] = await tx.query<Cell>(updateStateStatement, [name, state]);
  if (cell) tx.hintAfterCommit(cellsChannel, String(cell.number));
  return cell;
}

/** Removes a cell that could not be made, unless another command has made it meanwhile. */
export async function deleteCell(tx: Transaction, number: number): Promise<void> {
  await tx.query(`delete from bellwire_directory.cells where number = $1 and state = 'adding'`, [number]);
}

/** Encrypts the connection strings with the newest key. Returns the number of changed ones. */
export async function reencryptCells(directory: Pool, encryption: Encryption): Promise<number> {
  return directory.inTransaction(async (tx) => {
    await tx.query(`lock table bellwire_directory.cells in share row exclusive mode`);
    let done = 0;
    for (const { number, databaseUrl } of await readListedCells(tx)) {
      const cipher = databaseUrl && encryption.reencrypt(purpose, databaseUrl);
      if (!cipher) continue;
      await tx.query(`update bellwire_directory.cells set database_url = $2 where number = $1`, [number, cipher]);
      done += 1;
    }
    return done;
  });
}

/** The channel of hints about new and changed cells. */
export const cellsChannel = "cells";

/** The channel of hints about tenants, by provider id. */
export const tenantsChannel = "tenants";

/** A provider's entry in the directory. */
export interface Tenant {
  readonly providerId: number;
  readonly subdomain: string;
  /** The number of the provider's cell. */
  readonly cell: number;
  /** Requests wait, because the provider is about to be in another cell. */
  readonly isHeld: boolean;
  /** Its rows are being deleted. No host serves it any more. */
  readonly isDeleting: boolean;
}

const tenantColumns = `provider_id, subdomain, cell_number as cell, coalesce(held_until > clock_timestamp(), false) as "isHeld",
  deleting_since is not null as "isDeleting"`;
const findTenantStatement = `select ${tenantColumns} from bellwire_directory.tenants where subdomain = $1`;
// The oldest provider serves every host if there is no base domain.
const firstTenantStatement = `
  select ${tenantColumns} from bellwire_directory.tenants where deleting_since is null order by provider_id limit 1`;

/** Returns the tenant of a subdomain; without one, the first. */
export async function findTenant(directory: Database, subdomain: string | undefined): Promise<Tenant | undefined> {
  const [tenant] =
    subdomain === undefined
      ? await directory.query<Tenant>(firstTenantStatement)
      : await directory.query<Tenant>(findTenantStatement, [subdomain]);
  return tenant;
}

export interface CellLoad extends Cell {
  readonly providers: number;
}

const loadStatement = `
  select ${cellColumns}, (select count(*) from bellwire_directory.tenants where cell_number = number)::integer as providers
  from bellwire_directory.cells
  order by number`;

/** Returns the cells with the number of their providers. */
export const readCellLoads = (directory: Database): Promise<CellLoad[]> => directory.query<CellLoad>(loadStatement);

const cellTenantsStatement = `
  select ${tenantColumns} from bellwire_directory.tenants
  join bellwire_directory.cells on number = cell_number
  where name = $1
  order by subdomain`;

/** Returns the tenants of a cell. */
export const readTenants = (directory: Database, cellName: string): Promise<Tenant[]> =>
  directory.query<Tenant>(cellTenantsStatement, [cellName]);

/** Returns the subdomains of the providers of a cell. */
export async function readSubdomains(directory: Database, cellName: string): Promise<readonly string[]> {
  return (await readTenants(directory, cellName)).map(({ subdomain }) => subdomain);
}

const betweenStatement = `
  select subdomain from bellwire_directory.tenants
  join bellwire_directory.cells on number in (cell_number, other_cell)
  where name = $1 and move_id is not null
  order by subdomain`;

/** Returns the subdomains of the providers that leave a cell or enter it by a move that has not ended. */
export async function readSubdomainsBetween(directory: Database, cellName: string): Promise<readonly string[]> {
  const tenants = await directory.query<Pick<Tenant, "subdomain">>(betweenStatement, [cellName]);
  return tenants.map(({ subdomain }) => subdomain);
}

// If two requests take one subdomain at once, the second waits for the first to commit and then inserts nothing.
const insertTenantStatement = `
  insert into bellwire_directory.tenants (subdomain, cell_number)
  values ($1, $2)
  on conflict (subdomain) do nothing
  returning provider_id`;

/** Reserves an id and the subdomain. Returns undefined if the subdomain is taken. */
export async function insertTenant(
  tx: Transaction,
  { subdomain, cell }: { readonly subdomain: string; readonly cell: number },
): Promise<number | undefined> {
  const [tenant] = await tx.query<Pick<Tenant, "providerId">>(insertTenantStatement, [subdomain, cell]);
  return tenant?.providerId;
}

/** Gives a subdomain back: its provider could not be created in the cell, or has no rows any more. */
export async function deleteTenant(tx: Transaction, providerId: number): Promise<void> {
  await tx.query(`delete from bellwire_directory.tenants where provider_id = $1`, [providerId]);
  tx.hintAfterCommit(tenantsChannel, String(providerId));
}

const countOthersStatement = `
  select count(*)::integer as others from bellwire_directory.tenants where provider_id <> $1 and deleting_since is null`;

/** Counts the tenants beside one that are not being deleted. */
export const countOtherTenants = async (directory: Database, providerId: number): Promise<number> =>
  (await queryRow<{ others: number }>(directory, countOthersStatement, [providerId])).others;

const markDeletingStatement = `
  update bellwire_directory.tenants set deleting_since = coalesce(deleting_since, clock_timestamp())
  where provider_id = $1 and move_id is null
  returning provider_id`;

/** Closes the hosts of a tenant for ever, until its subdomain is given back. Returns false if it is moving to another cell. */
export async function markDeleting(tx: Transaction, providerId: number): Promise<boolean> {
  const [marked] = await tx.query(markDeletingStatement, [providerId]);
  tx.hintAfterCommit(tenantsChannel, String(providerId));
  return marked !== undefined;
}

/*
 * While the database of the directory does not respond, the list of cells comes from a copy of it, and each cell knows its own
 * providers: a provider is in the cell that has its row, unless it has left (provider_moves). No provider can move meanwhile.
 */

// Writes only differences, so that engines may repeat it.
const copyStatement = `
  with listed as (
    select * from unnest($1::smallint[], $2::text[], $3::text[], $4::text[], $5::bytea[])
      as cell (number, name, schema_name, state, database_url)
  ), removed as (
    delete from bellwire_directory.known_cells where number not in (select number from listed)
  )
  insert into bellwire_directory.known_cells as known (number, name, schema_name, state, database_url)
  select * from listed
  on conflict (number) do update
    set (name, schema_name, state, database_url, copied_at)
      = (excluded.name, excluded.schema_name, excluded.state, excluded.database_url, clock_timestamp())
    where (known.name, known.schema_name, known.state, known.database_url)
      is distinct from (excluded.name, excluded.schema_name, excluded.state, excluded.database_url)`;

/** Stores a copy of the list of cells in the database of a cell. */
export async function copyCells(cell: Database, cells: readonly Cell[]): Promise<void> {
  await cell.query(copyStatement, [
    cells.map(({ number }) => number),
    cells.map(({ name }) => name),
    cells.map(({ schema }) => schema),
    cells.map(({ state }) => state),
    cells.map(({ databaseUrl }) => databaseUrl),
  ]);
}

const readCopyStatement = `select ${cellColumns} from bellwire_directory.known_cells order by number`;

/** Reads the copy of the list of cells in the database of a cell. */
export const readKnownCells = (cell: Database): Promise<Cell[]> => cell.query<Cell>(readCopyStatement);

// Between the commit of a move and its completion, a provider is in both cells. It works in the one where it has arrived.
const findHereStatement = `
  select id as provider_id, subdomain,
    exists (select from provider_moves where provider = providers.id and state = 'arrived') as has_arrived
  from providers
  where subdomain = $1 and not exists (select from provider_moves where provider = providers.id and state = 'left')`;

interface FoundHere extends Pick<Tenant, "providerId" | "subdomain" | "cell"> {
  readonly hasArrived: boolean;
}

/** After a failure, providers are looked up in the cells first for this long: a lost server takes seconds to be noticed. */
const cellsFirstMs = 5000;

interface DirectoryNeeds {
  /** The directory's database. */
  readonly pool: Pool;
  /** The copy that this process has started with. Undefined: it has started with the directory. */
  readonly known: readonly Cell[] | undefined;
  /** Returns the database of a cell. */
  readonly open: (cell: number) => Promise<Pool>;
  readonly log: { warn(fields: object, message: string): void };
}

/** The directory as a process reads it, also while its database does not respond. */
export class CellDirectory {
  readonly #needs: DirectoryNeeds;
  #known: readonly Cell[] | undefined;
  #failedMs = Number.NEGATIVE_INFINITY;

  constructor(needs: DirectoryNeeds) {
    this.#needs = needs;
    this.#known = needs.known;
  }

  /** Returns the cells; those that were listed last if the directory does not respond. */
  async readCells(): Promise<{ readonly cells: readonly Cell[]; readonly isCurrent: boolean }> {
    try {
      this.#known = await readCells(this.#needs.pool);
      return { cells: this.#known, isCurrent: true };
    } catch (error) {
      if (!isAway(error) || !this.#known) throw error;
      return { cells: this.#known, isCurrent: false };
    }
  }

  /** Returns the tenant of a subdomain; without one, the first. Rejects if neither the directory nor a cell that responds knows it. */
  async findTenant(subdomain: string | undefined): Promise<Tenant | undefined> {
    const { pool, log } = this.#needs;
    const hasJustFailed = systemClock.monotonicMs() - this.#failedMs < cellsFirstMs;
    if (hasJustFailed) {
      const tenant = await this.#findInCells(subdomain);
      if (tenant) return tenant;
    }
    try {
      return await findTenant(pool, subdomain);
    } catch (error) {
      if (!isAway(error)) throw error;
      if (!hasJustFailed)
        log.warn({ err: error }, "the directory does not respond; providers are found in their cells");
      this.#failedMs = systemClock.monotonicMs();
      const tenant = hasJustFailed ? undefined : await this.#findInCells(subdomain);
      if (!tenant) throw error;
      return tenant;
    }
  }

  async #findInCells(subdomain: string | undefined): Promise<Tenant | undefined> {
    if (subdomain === undefined) return undefined; // the first provider of all cells: only the directory knows
    const cells = (this.#known ?? []).filter(({ databaseUrl }) => databaseUrl !== null);
    const found = await Promise.allSettled(cells.map(({ number }) => this.#findInCell(number, subdomain)));
    const here = found.flatMap((each) => (each.status === "fulfilled" && each.value ? [each.value] : []));
    const place = here.find(({ hasArrived }) => hasArrived) ?? here[0];
    return (
      place && {
        providerId: place.providerId,
        subdomain: place.subdomain,
        cell: place.cell,
        isHeld: false,
        isDeleting: false,
      }
    );
  }

  async #findInCell(number: number, subdomain: string): Promise<FoundHere | undefined> {
    const cell = await this.#needs.open(number);
    const [found] = await cell.query<Omit<FoundHere, "cell">>(findHereStatement, [subdomain]);
    return found && { ...found, cell: number };
  }
}

const isAway = (error: unknown): boolean => error instanceof NoConnection || classifyDatabaseError(error) === "away";

/** Anyone can send any host name, so only existing tenants are cached, about 200 bytes each. */
const cachedMax = 10_000;
/** How often a held request checks whether its provider has moved. */
const pollMs = 25;
/** No subdomain is empty, so this key is free for the first tenant. */
const first = "";

/**
 * The tenants that this process has seen. Hits are kept until a hint says that the tenant changed, or `forget` is called. So
 * requests of known tenants need no directory, and a lost hint is found out by the cell, which does not know its provider any more.
 */
export class TenantCache {
  readonly #find: (subdomain: string | undefined) => Promise<Tenant | undefined>;
  readonly #known = new Map<string, Tenant>();
  readonly #reading = new Map<string, Promise<Tenant | undefined>>();
  /** Stops listening to hints. */
  readonly stop: () => void;
  #changes = 0;

  constructor(directory: Pool, find = (subdomain: string | undefined) => findTenant(directory, subdomain)) {
    this.#find = find;
    this.stop = directory.onHint(tenantsChannel, (providerIds) => {
      if (providerIds.length === 0) this.#forgetAll();
      else for (const id of providerIds) this.forget(Number(id));
    });
  }

  /** Returns the tenant of a subdomain; without one, the first. Waits while the tenant is held. */
  async find(subdomain: string | undefined): Promise<Tenant | undefined> {
    const key = subdomain ?? first;
    const known = this.#known.get(key);
    if (known) return known;
    const reading = this.#reading.get(key) ?? this.#read(subdomain).finally(() => this.#reading.delete(key));
    this.#reading.set(key, reading);
    return reading;
  }

  /** Reads the tenant again at the next request. */
  forget(providerId: number): void {
    this.#changes += 1;
    for (const [key, tenant] of this.#known) if (tenant.providerId === providerId) this.#known.delete(key);
  }

  async #read(subdomain: string | undefined): Promise<Tenant | undefined> {
    for (;;) {
      const changesBefore = this.#changes;
      const tenant = await this.#find(subdomain);
      if (tenant?.isHeld) {
        await systemClock.sleep(pollMs);
        continue;
      }
      if (tenant?.isDeleting) return undefined;
      // A change during the read may be missing from its result.
      if (tenant && this.#known.size < cachedMax && this.#changes === changesBefore) {
        this.#known.set(subdomain ?? first, tenant);
      }
      return tenant;
    }
  }

  #forgetAll(): void {
    this.#changes += 1;
    this.#known.clear();
  }
}
