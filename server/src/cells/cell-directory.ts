import { systemClock } from "#platform/clock.ts";
import { NoConnection, classifyDatabaseError } from "#platform/database/connection.ts";
import type { Database, Pool } from "#platform/database/database.ts";
import { type Cell, type Tenant, findTenant, readCells, tenantsChannel } from "./directory.ts";

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

const readCopyStatement = `
  select number, name, schema_name as schema, state, database_url from bellwire_directory.known_cells order by number`;

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
