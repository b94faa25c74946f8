import {
  type Cell,
  cellsChannel,
  copyCells,
  decideInterruptedMoves,
  defaultCell,
  parseServedCells,
} from "#cells/index.ts";
import { systemClock } from "#platform/clock.ts";
import { NoConnection } from "#platform/database/connection.ts";
import type { Pool } from "#platform/database/database.ts";
import { CannotStart, errorMessage, isAbort } from "#platform/errors.ts";
import { type EngineRoleParts, startEngineRole } from "./engine-role.ts";

/** How often the directory is polled for new cells; hints announce them, too. */
const pollMs = 10_000;
/** An engine with fewer slots would let slow receivers delay the others. */
const concurrencyMin = 20;

/**
 * Starts the engine role for each cell that BELLWIRE_CELLS selects, and later for cells that are added. A cell whose database does
 * not respond is started when it does, and delays no other. Closing drains all of them at the same time.
 *
 * @param drainMs returns how long attempts in flight may take to finish; called when it is closed
 */
export async function startEngines(parts: EngineRoleParts, drainMs: () => number): Promise<AsyncDisposable> {
  const selected = parseServedCells(parts.config.cells);
  const { cells, isCurrent } = await parts.directory.readCells();
  const served = cells.filter(({ name }) => selected.has(name));
  if (served.length === 0) {
    const names = cells.map(({ name }) => name).join(", ");
    throw new CannotStart(`BELLWIRE_CELLS selects no cell: there are ${names}.`);
  }
  const missing = selected.missingFrom(cells);
  if (missing.length > 0) {
    parts.log.warn(
      { cells: missing },
      "BELLWIRE_CELLS names cells that do not exist; they are served once they are added",
    );
  }
  const share = Math.floor(parts.config.engineConcurrency / served.length);
  const engineConcurrency =
    served.length === 1
      ? parts.config.engineConcurrency
      : Math.min(parts.config.engineConcurrency, Math.max(concurrencyMin, share));
  const attemptsMax = parts.attemptsMax && Math.max(1, Math.floor(parts.attemptsMax / served.length));
  const shared = { ...parts, attemptsMax, config: { ...parts.config, engineConcurrency } };

  const servesDefault = served.some(({ number }) => number === defaultCell);
  const home = servesDefault && !parts.isWithoutDirectory ? await startEngineRole(shared, drainMs) : undefined;
  const others = new OtherEngines(shared, {
    isServed: (cell) => !(home && cell.number === defaultCell) && selected.has(cell.name),
    drainMs,
  });
  await others.start(served, isCurrent ? cells : []);
  return {
    async [Symbol.asyncDispose]() {
      await Promise.all([home?.[Symbol.asyncDispose](), others[Symbol.asyncDispose]()]);
    },
  };
}

/** Returns whether a cell was not opened because the process stops. */
const isStop = (error: unknown): boolean => error instanceof NoConnection && isAbort(error.cause);

/** The engines of cells that may be added, or respond, later. */
class OtherEngines implements AsyncDisposable {
  readonly #parts: EngineRoleParts;
  readonly #isServed: (cell: Cell) => boolean;
  readonly #drainMs: () => number;
  readonly #running = new Map<number, AsyncDisposable>();
  /** Ids of interrupted moves that were logged. */
  readonly #decided = new Set<string>();
  readonly #stopped = new AbortController();
  #woken = new AbortController();
  #watching: Promise<void> = Promise.resolve();

  constructor(
    parts: EngineRoleParts,
    { isServed, drainMs }: { readonly isServed: (cell: Cell) => boolean; readonly drainMs: () => number },
  ) {
    this.#parts = parts;
    this.#isServed = isServed;
    this.#drainMs = drainMs;
  }

  /** @param listed the current cells of the directory */
  async start(served: readonly Cell[], listed: readonly Cell[]): Promise<void> {
    await this.#startMissing(served.filter(this.#isServed));
    if (listed.length > 0) await this.#copyToCells(listed);
    this.#watching = this.#watch();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped.abort();
    await this.#watching;
    await Promise.all([...this.#running.values()].map((cell) => cell[Symbol.asyncDispose]()));
  }

  /** Polls for new cells, and for cells whose database did not respond. */
  async #watch(): Promise<void> {
    const { pool, log } = this.#parts;
    const { signal } = this.#stopped;
    const stopHints = pool.onHint(cellsChannel, () => this.#woken.abort());
    while (!signal.aborted) {
      await systemClock.sleep(pollMs, AbortSignal.any([this.#woken.signal, signal]));
      if (signal.aborted) break;
      this.#woken = new AbortController();
      try {
        const { cells, isCurrent } = await this.#parts.directory.readCells();
        await this.#startMissing(cells.filter(this.#isServed));
        if (isCurrent) await this.#copyToCells(cells);
        if (isCurrent) await this.#decideMoves();
      } catch (error) {
        log.warn({ error: errorMessage(error) }, "the directory of cells could not be read; trying again");
      }
    }
    stopHints();
  }

  async #startMissing(cells: readonly Cell[]): Promise<void> {
    const missing = cells.filter(({ number }) => !this.#running.has(number));
    await Promise.all(
      missing.map(async ({ number, name }) => {
        try {
          this.#running.set(number, await this.#startCell(number));
          this.#parts.log.info({ cell: name }, "the engine serves a cell");
        } catch (error) {
          if (isStop(error)) return;
          this.#parts.log.error({ cell: name, error: errorMessage(error) }, "a cell has no engine; trying again");
        }
      }),
    );
  }

  /** For processes that start while the directory does not respond. */
  async #copyToCells(cells: readonly Cell[]): Promise<void> {
    const others = cells.filter(({ number, databaseUrl }) => databaseUrl !== null && this.#running.has(number));
    for (const { number, name } of others) {
      try {
        await copyCells(await this.#parts.cells.poolOf(number), cells);
      } catch (error) {
        this.#parts.log.warn(
          { cell: name, error: errorMessage(error) },
          "the list of cells could not be copied to a cell",
        );
      }
    }
  }

  /** A move whose process was killed may have left its provider without an open cell. */
  async #decideMoves(): Promise<void> {
    const { pool, cells, log } = this.#parts;
    const open = (number: number): Promise<Pool> => cells.poolOf(number);
    const { decided, failures } = await decideInterruptedMoves({ directory: pool, open });
    for (const { id, providerId, outcome } of decided) {
      if (this.#decided.has(id)) continue;
      this.#decided.add(id);
      log.warn({ providerId, outcome }, "a move was interrupted and is decided; repeat `bellwire provider move`");
    }
    for (const [providerId, error] of failures) {
      log.warn({ providerId, error: errorMessage(error) }, "a move cannot be decided yet; trying again");
    }
  }

  async #startCell(number: number): Promise<AsyncDisposable> {
    const { config, cells, attemptsMax } = this.#parts;
    const cell = number === defaultCell ? this.#parts : await cells.get(number);
    return startEngineRole({ ...cell, config, attemptsMax }, this.#drainMs);
  }
}
