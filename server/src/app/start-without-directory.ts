import type { Logger } from "pino";
import { type Cell, openCell, readKnownCells } from "#cells/index.ts";
import { systemClock } from "#platform/clock.ts";
import { type Config, loadSecretKeys } from "#platform/config/read-config.ts";
import { NoConnection, classifyDatabaseError } from "#platform/database/connection.ts";
import { directorySchema } from "#platform/database/migrate.ts";
import type { DatabaseAccess } from "#platform/database/open-database.ts";
import { type OpenedPool, openPool } from "#platform/database/pool.ts";
import { createEncryption } from "#platform/encryption.ts";
import { CannotStart, errorMessage } from "#platform/errors.ts";

/** The directory's database as a start opens it. */
export interface OpenedDirectory {
  readonly pool: OpenedPool;
  readonly access: DatabaseAccess;
  /** Undefined: another process migrates. */
  readonly ownerUrl?: string;
}

/** The directory's database, or a substitute until it responds. */
export interface StartingDirectory {
  readonly pool: OpenedPool;
  /** Returns how to connect. Throws as with a lost connection while that is unknown. */
  readonly access: () => DatabaseAccess;
  readonly ownerUrl?: string | undefined;
  /** Set if the directory does not respond. */
  readonly substitute?: Substitute | undefined;
}

/** The cells of a start without the directory, and the database that has the copy of their list. */
interface Substitute {
  readonly cells: readonly Cell[];
  readonly pool: OpenedPool;
}

interface DirectoryOpening {
  readonly config: Config;
  readonly log: Logger;
  readonly printStatus: (line: string) => void;
  readonly running: AsyncDisposableStack;
  /** Waits for the directory for at most this time. */
  readonly open: (waitSeconds: number) => Promise<OpenedDirectory & AsyncDisposable>;
}

/** With BELLWIRE_CELL_DATABASE_URL, a start waits for the directory for at most this time. */
const waitSecondsMax = 10;
const retryMs = 5000;

/**
 * Opens the directory's database. If it does not respond, and BELLWIRE_CELL_DATABASE_URL leads to another cell, the process starts
 * with the cells that are listed there. The default cell, which is in the directory's database, follows as soon as that responds.
 */
export async function openDirectory(needs: DirectoryOpening): Promise<StartingDirectory> {
  const { config, open, running } = needs;
  const cellUrl = config.cellDatabaseUrl?.reveal();
  const { databaseWaitSeconds } = config;
  try {
    const opened = running.use(
      await open(cellUrl === undefined ? databaseWaitSeconds : Math.min(databaseWaitSeconds, waitSecondsMax)),
    );
    return { ...opened, access: () => opened.access };
  } catch (error) {
    const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
    if (cellUrl === undefined || classifyDatabaseError(cause) !== "away") throw error;
    return await startFromCopy(needs, cellUrl, error);
  }
}

async function startFromCopy(
  { config, log, printStatus, running, open }: DirectoryOpening,
  cellUrl: string,
  reason: unknown,
): Promise<StartingDirectory> {
  const cells = await readCopy(cellUrl, log).catch((error: unknown) => {
    throw new CannotStart(`${errorMessage(reason)} BELLWIRE_CELL_DATABASE_URL does not help: ${errorMessage(error)}`, {
      cause: error,
    });
  });
  const encryption = createEncryption(await loadSecretKeys(config, async () => true));
  const opening = {
    access: (): DatabaseAccess => {
      throw new NoConnection(reason);
    },
    ownerUrl: undefined,
    encryption,
    max: 2,
    mayChange: true,
    printStatus,
    log,
  };
  const pool = running.use(await openFirst(cells, (cell) => openCell(cell, opening)));
  log.warn(
    { error: errorMessage(reason), cells: cells.map(({ name }) => name) },
    "the directory does not respond: starting with the copy of the list of cells in BELLWIRE_CELL_DATABASE_URL",
  );
  printStatus(
    "the database of DATABASE_URL does not respond: providers of its cells get 503 until it does, others are served",
  );
  const late = running.use(new DeferredPool(() => open(0), log));
  return { pool: late, access: () => late.access(), substitute: { cells, pool } };
}

async function readCopy(connectionString: string, log: Logger): Promise<readonly Cell[]> {
  await using pool = await openPool({ connectionString, schema: directorySchema, max: 1, log });
  const cells = await readKnownCells(pool);
  if (cells.length === 0) throw new Error("that database has no copy of the list of cells yet; an engine makes it.");
  return cells;
}

/** Opens the first cell that responds. */
async function openFirst(cells: readonly Cell[], open: (cell: Cell) => Promise<OpenedPool>): Promise<OpenedPool> {
  let failure: unknown;
  for (const cell of cells.filter(({ databaseUrl }) => databaseUrl !== null)) {
    try {
      return await open(cell);
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

interface Listening {
  readonly channel: string;
  readonly listener: (values: readonly string[]) => void;
  stop: () => void;
}

/** A pool that is opened when its database responds. Until then work is rejected as with a lost connection. */
class DeferredPool implements OpenedPool {
  readonly #closing = new AbortController();
  readonly #opening: Promise<void>;
  readonly #listening = new Set<Listening>();
  readonly #waitListeners: ((seconds: number) => void)[] = [];
  #opened: (OpenedDirectory & AsyncDisposable) | undefined;
  #max: number | undefined;

  constructor(open: () => Promise<OpenedDirectory & AsyncDisposable>, log: Logger) {
    this.#opening = this.#open(open, log);
  }

  access(): DatabaseAccess {
    return this.#required().access;
  }

  get caches(): OpenedPool["caches"] {
    return this.#required().pool.caches;
  }

  get hints(): OpenedPool["hints"] {
    return this.#required().pool.hints;
  }

  get waiting(): number {
    return this.#opened?.pool.waiting ?? 0;
  }

  resize(max: number): void {
    this.#max = max;
    this.#opened?.pool.resize(max);
  }

  onWait(listener: (seconds: number) => void): void {
    this.#waitListeners.push(listener);
    this.#opened?.pool.onWait(listener);
  }

  onHint(channel: string, listener: Listening["listener"]): () => void {
    if (this.#opened) return this.#opened.pool.onHint(channel, listener);
    const listening: Listening = { channel, listener, stop: () => undefined };
    this.#listening.add(listening);
    return () => {
      listening.stop();
      this.#listening.delete(listening);
    };
  }

  query: OpenedPool["query"] = async (text, values) => this.#required().pool.query(text, values);

  inTransaction: OpenedPool["inTransaction"] = async (work) => this.#required().pool.inTransaction(work);

  inTurn: OpenedPool["inTurn"] = (turn, work) => (this.#opened ? this.#opened.pool.inTurn(turn, work) : work());

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    await this.#opening;
    await this.#opened?.[Symbol.asyncDispose]();
  }

  #required(): OpenedDirectory {
    if (this.#opened) return this.#opened;
    throw new NoConnection(new Error("The database has not responded since the start."));
  }

  async #open(open: () => Promise<OpenedDirectory & AsyncDisposable>, log: Logger): Promise<void> {
    const { signal } = this.#closing;
    while (!this.#opened && !signal.aborted) {
      await systemClock.sleep(retryMs, signal);
      if (signal.aborted) return;
      try {
        const opened = await open();
        for (const listening of this.#listening) {
          listening.stop = opened.pool.onHint(listening.channel, listening.listener);
          listening.listener([]); // hints were missed
        }
        for (const listener of this.#waitListeners) opened.pool.onWait(listener);
        if (this.#max !== undefined) opened.pool.resize(this.#max);
        this.#opened = opened;
        log.info("the directory responds: its cell is served, too");
      } catch (error) {
        log.debug({ error: errorMessage(error) }, "the directory does not respond yet");
      }
    }
  }
}
