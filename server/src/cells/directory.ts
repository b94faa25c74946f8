import { type Database, type Pool, queryRow, type Transaction } from "#platform/database/database.ts";
import { type Encryption, UndecryptableValue } from "#platform/encryption.ts";
import { CannotStart } from "#platform/errors.ts";

/**
 * The directory: the cells of an installation, and the tenants, which assign each provider to one of them. It is in the database of
 * `DATABASE_URL`, outside of every cell, and never joined with a cell's tables.
 */

/** The schema `bellwire` of the directory's own database. */
export const defaultCell = 0;

/** A draining cell serves its providers and gets no new ones. */
export type CellState = "active" | "draining";

export interface Cell {
  readonly number: number;
  readonly name: string;
  readonly schema: string;
  readonly state: CellState;
  /** The encrypted connection string. Null: the directory's own database. */
  readonly databaseUrl: Buffer | null;
}

const cellColumns = `number, name, schema_name as schema, state, database_url`;
const readCellsStatement = `select ${cellColumns} from bellwire_directory.cells order by number`;

export const readCells = (directory: Database): Promise<Cell[]> => directory.query<Cell>(readCellsStatement);

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

/** Databases of one installation, each with its share of the ids (migrations/directory/0002_cells.sql). */
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
  select coalesce(max(number), 0) + 1, $1, $2, $3, $4, 'draining' from bellwire_directory.cells
  returning ${cellColumns}, id_share`;

// Left by a command that was interrupted.
const unfinishedStatement = `
  select ${cellColumns}, id_share from bellwire_directory.cells
  where name = $1 and schema_name = $2 and state = 'draining' and number <> 0
    and not exists (select from bellwire_directory.tenants where cell_number = number)`;

const readSharesStatement = `select number, database_url, id_share from bellwire_directory.cells`;

/** A cell that is listed, and gets no providers before its tables exist. */
export interface ListedCell extends Cell {
  /** The share of the ids of its database. Null: the directory's database, which has share 0. */
  readonly idShare: number | null;
}

/**
 * Lists a new cell, as draining until it can be used. Cells of one other database must be given the same connection string, so
 * that they get the same share of the ids. Returns undefined if the name or the place is taken.
 */
export async function insertCell(
  tx: Transaction,
  encryption: Encryption,
  { name, schema, databaseUrl }: NewCell,
): Promise<ListedCell | undefined> {
  await tx.query(`lock table bellwire_directory.cells in share row exclusive mode`);
  const cells = await readCells(tx);
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
  await tx.query(`delete from bellwire_directory.cells where number = $1 and state = 'draining'`, [number]);
}

/** Encrypts the connection strings with the newest key. Returns the number of changed ones. */
export async function reencryptCells(directory: Pool, encryption: Encryption): Promise<number> {
  return directory.inTransaction(async (tx) => {
    await tx.query(`lock table bellwire_directory.cells in share row exclusive mode`);
    let done = 0;
    for (const { number, databaseUrl } of await readCells(tx)) {
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
