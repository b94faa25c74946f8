import { systemClock } from "#platform/clock.ts";
import { NoConnection } from "#platform/database/connection.ts";
import type { DatabaseLog } from "#platform/database/failover.ts";
import { type DatabaseAccess, openCellDatabase } from "#platform/database/open-database.ts";
import type { OpenedPool, PoolOptions } from "#platform/database/pool.ts";
import type { Encryption } from "#platform/encryption.ts";
import type { CellDirectory } from "./directory.ts";
import { type Cell, defaultCell, revealDatabaseUrl } from "./directory.ts";

export interface OpenCell {
  readonly number: number;
  readonly name: string;
  readonly pool: OpenedPool;
}

interface OpenCellsNeeds {
  readonly directory: CellDirectory;
  /** The directory's database, which is also the default cell. */
  readonly home: OpenedPool;
  /** Returns how to connect to the directory's database. */
  readonly access: () => DatabaseAccess;
  /** Migrates the cells of the directory's database. Undefined: another process does. */
  readonly ownerUrl: string | undefined;
  readonly encryption: Encryption;
  /** Divided among the open cells. */
  readonly connections: number;
  /** Allows migrating. */
  readonly mayChange: boolean;
  readonly printStatus: (line: string) => void;
  readonly log: DatabaseLog;
  readonly tracing?: PoolOptions["tracing"];
  /** Aborts openings. The database of a cell may not respond for 10 s. */
  readonly stop: AbortSignal;
}

/** Each cell gets at least this many connections: one for a transaction, one for reads beside it. */
const connectionsMin = 2;
/** Pause after a failed attempt to open a cell, which may wait 10 s for its database. */
const retryMs = 1000;

/** The cells that this process uses. The default cell is open from the start, others open when they are first used. */
export class OpenCells implements AsyncDisposable {
  readonly #needs: OpenCellsNeeds;
  readonly #cells = new Map<number, Promise<OpenCell>>();
  readonly #pools: OpenedPool[];

  constructor(needs: OpenCellsNeeds) {
    this.#needs = needs;
    this.#pools = [needs.home];
    const cell = { number: defaultCell, name: "default", pool: needs.home };
    this.#cells.set(defaultCell, Promise.resolve(cell));
  }

  /** Returns an open cell, or opens it. Rejects as with a lost connection while its database does not respond. */
  get(number: number): Promise<OpenCell> {
    const known = this.#cells.get(number);
    if (known) return known;
    const opening = this.#open(number);
    this.#cells.set(number, opening);
    opening.catch(async () => {
      await systemClock.sleep(retryMs);
      this.#cells.delete(number);
    });
    return opening;
  }

  /** Runs work on a cell. Opens it for this time only, if it is not open. */
  async visit<T>(number: number, work: (cell: OpenedPool) => Promise<T>): Promise<T> {
    const known = this.#cells.get(number);
    if (known) return work((await known).pool);
    await using pool = await this.#openUntilStopped(await this.#find(number), connectionsMin);
    return await work(pool);
  }

  async #find(number: number): Promise<Cell> {
    const { cells } = await this.#needs.directory.readCells();
    const cell = cells.find((each) => each.number === number);
    if (!cell) throw new Error(`There is no cell ${number}.`);
    return cell;
  }

  async #open(number: number): Promise<OpenCell> {
    const cell = await this.#find(number);
    const max = this.#share(this.#pools.length + 1);
    const pool = await this.#openUntilStopped(cell, max).catch((error: unknown) => {
      if (!this.#needs.stop.aborted)
        this.#needs.log.warn({ err: error, cell: cell.name }, "a cell cannot be opened; its providers get 503");
      throw new NoConnection(error);
    });
    this.#pools.push(pool);
    for (const each of this.#pools) each.resize(this.#share(this.#pools.length));
    return { number, name: cell.name, pool };
  }

  /** Rejects when the process stops. A pool that opens later is closed. */
  async #openUntilStopped(cell: Cell, max: number): Promise<OpenedPool> {
    const { stop } = this.#needs;
    stop.throwIfAborted();
    const opening = openCell(cell, { ...this.#needs, max });
    const { promise: stopped, reject } = Promise.withResolvers<never>();
    const onStop = (): void => {
      opening.then((pool) => pool[Symbol.asyncDispose]()).catch(() => undefined);
      reject(stop.reason);
    };
    stop.addEventListener("abort", onStop);
    try {
      return await Promise.race([opening, stopped]);
    } finally {
      stop.removeEventListener("abort", onStop);
    }
  }

  #share(cells: number): number {
    return Math.max(connectionsMin, Math.floor(this.#needs.connections / cells));
  }

  /** Closes all cells except the default one. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.allSettled(this.#cells.values());
    this.#cells.clear();
    await Promise.all(this.#pools.slice(1).map((pool) => pool[Symbol.asyncDispose]()));
  }
}

/** Opens a cell other than the default one. */
export function openCell(
  cell: Cell,
  {
    encryption,
    ownerUrl,
    ...needs
  }: Pick<OpenCellsNeeds, "access" | "ownerUrl" | "encryption" | "mayChange" | "printStatus" | "log" | "tracing"> & {
    readonly max: number;
    readonly stop?: AbortSignal;
  },
): Promise<OpenedPool> {
  const own = revealDatabaseUrl(encryption, cell);
  const number = own === undefined ? cell.number : null;
  return openCellDatabase({ schema: cell.schema, number, ownerUrl: own ?? ownerUrl }, needs);
}

/** The cells that BELLWIRE_CELLS selects. */
export interface ServedCells {
  readonly has: (name: string) => boolean;
  /** Returns the selected names that no cell has. */
  readonly missingFrom: (cells: readonly Pick<Cell, "name">[]) => readonly string[];
}

/** Parses BELLWIRE_CELLS. */
export function parseServedCells(text: string): ServedCells {
  const names = new Set(text.split(",").map((name) => name.trim()));
  return {
    has: (name) => names.has("all") || names.has(name),
    missingFrom: (cells) => [...names].filter((name) => name !== "all" && !cells.some((cell) => cell.name === name)),
  };
}
