import { machineMs } from "../clock.ts";
import { errorCode } from "../errors.ts";
import type { Turn } from "../fair-queue.ts";
import type { NewUuidV7 } from "../ids.ts";
import { diskLimits } from "../limits.ts";
import type { TransactionTrace } from "../telemetry/tracing.ts";
import { DiskNearlyFull, classifyDatabaseError } from "./connection.ts";
import type { StatementPipeline } from "./pipeline.ts";

/** Not exported, so only `runTransaction` can make a `Transaction`. */
const open: unique symbol = Symbol("an open transaction");

/** The caches of a pool. A cache that depends on the rows of a database lives as long as its pool, and ends with it. */
export class Caches {
  readonly #caches = new Map<() => object, object>();

  /** Returns the cache that `create` makes, which is called once. */
  get<Cache extends object>(create: () => Cache): Cache;
  get(create: () => object): object {
    const known = this.#caches.get(create);
    if (known) return known;
    const cache = create();
    this.#caches.set(create, cache);
    return cache;
  }
}

/** Changes are accepted again once there is this part more than the reserve, so that they do not alternate. */
const recoveredPart = 1.25;
/** After a statement was refused for lack of space, so long the database counts as full. */
const refusedMs = 60_000;

/** What a process knows about the space on the disk of a database. */
export class DiskSpace {
  #free: { readonly bytes: number; readonly ofBytes: number } | undefined;
  #isLow = false;
  #refusedAtMs = Number.NEGATIVE_INFINITY;

  /** Undefined unless the database is embedded: PostgreSQL does not say. */
  get free(): { readonly bytes: number; readonly ofBytes: number } | undefined {
    return this.#free;
  }

  /** True while changes are refused, so that PostgreSQL keeps space for deliveries, deletions and its log. */
  get isLow(): boolean {
    return this.#isLow;
  }

  measure(bytes: number, ofBytes: number): void {
    const { max, min, part } = diskLimits.reserved;
    const reserve = Math.min(max, Math.max(min, ofBytes * part));
    this.#free = { bytes, ofBytes };
    this.#isLow = bytes < (this.#isLow ? reserve * recoveredPart : reserve);
  }

  /** Takes the error of a statement. */
  failed(error: unknown, nowMs: number): void {
    if (!(error instanceof DiskNearlyFull) && classifyDatabaseError(error) === "full") this.#refusedAtMs = nowMs;
  }

  /** Returns why changes are refused, as a sentence, or undefined. */
  problem(nowMs: number): string | undefined {
    if (this.#isLow) {
      const mebibytes = Math.floor((this.#free?.bytes ?? 0) / 1024 ** 2);
      return `the database's disk is nearly full (${mebibytes} MiB free): changes are refused, deliveries and deletions go on`;
    }
    const seconds = Math.round((nowMs - this.#refusedAtMs) / 1000);
    return nowMs - this.#refusedAtMs < refusedMs
      ? `the database is full: it refused to write ${seconds} s ago (53100)`
      : undefined;
  }
}

const createDiskSpace = (): DiskSpace => new DiskSpace();

export const diskSpaceOf = ({ caches }: Pick<Database, "caches">): DiskSpace => caches.get(createDiskSpace);

/** Refuses a change while the disk is nearly full. */
export function requireDiskSpace(db: Pick<Database, "caches">): void {
  if (diskSpaceOf(db).isLow) throw new DiskNearlyFull("The database's disk is nearly full.");
}

/** Reads, in a transaction or not. A transaction sends statements of the same turn of the event loop together. */
export interface Database {
  /** Shared by the pool and its transactions. */
  readonly caches: Caches;

  /** Returns the rows. Columns in snake_case become properties in camelCase, so no statement needs aliases for that. */
  query<Row>(text: string, values?: readonly unknown[]): Promise<Row[]>;
}

/** Returns the row of a statement that always returns one, such as an aggregate or an insert. */
export async function queryRow<Row>(db: Database, text: string, values?: readonly unknown[]): Promise<Row> {
  const [row] = await db.query<Row>(text, values);
  if (row === undefined) throw new Error("The statement returned no row.");
  return row;
}

/** A page of a search, which may end before it is full, even without a row. */
export interface FoundPage<Row, Cursor> {
  readonly rows: readonly Row[];
  /** Where the next page begins. Null when the whole list has been searched. */
  readonly next: Cursor | null;
  /** Set if the time was up before the page was full: the search has come to this time. */
  readonly searchedUntil: Date | null;
}

/** The part of a list that is a page. */
export interface PageBounds {
  readonly limit: number;
  readonly offset: number;
}

/** A page of a list: the ids of its rows, and the number of rows of the list. */
export interface ListPage {
  readonly ids: readonly number[];
  readonly total: number;
}

/** Reads a page and the length of a list. The values are those of the list; the page takes its limit and its offset after them. */
export interface ListStatements {
  readonly page: string;
  readonly count: string;
}

/** Reads a page of a list. Counts the list only if the page does not show its end. */
export async function readListPage(
  db: Database,
  statements: ListStatements,
  values: readonly unknown[],
  { limit, offset }: PageBounds,
): Promise<ListPage> {
  const page = await db.query<{ id: number }>(statements.page, [...values, limit, offset]);
  const ids = page.map(({ id }) => id);
  const showsEnd = ids.length < limit && (ids.length > 0 || offset === 0);
  if (showsEnd) return { ids, total: offset + ids.length };
  const { count } = await queryRow<{ count: number }>(db, statements.count, values);
  return { ids, total: count };
}

/** A statement of a transaction that nobody waits for. */
export interface SentStatement<Row> {
  /** The rows that it returned. Empty until the transaction has committed. */
  readonly rows: readonly Row[];
}

/** Writes. Only `inTransaction` makes one, so the compiler checks that related writes share a transaction. */
export interface Transaction extends Database {
  readonly [open]: true;

  /**
   * Writes without waiting for the result, so that the next statement or the commit travels with it. A failure fails the transaction.
   */
  send<Row>(text: string, values: readonly unknown[]): SentStatement<Row>;

  /**
   * Sends a hint to the listeners of `channel` after the commit. A hint only saves waiting: it is dropped by a rollback and lost
   * with the process, so no guarantee may rest on it.
   */
  hintAfterCommit(channel: string, value: string): void;

  /** Like `hintAfterCommit`, but not for listeners that `hintOwnAfterCommit` reaches. */
  hintOthersAfterCommit(channel: string, value: string): void;

  /**
   * Sends a hint to the listeners of this process and of its engine's only, with a value that may be long and secret. `render` runs
   * after the commit, if there are any, and gets the time of `machineMs` at which the commit began.
   */
  hintOwnAfterCommit(channel: OwnChannel, render: (committingAtMs: number) => string): void;

  /** Returns an event id. Ids of one pool ascend strictly. */
  readonly newUuidV7: NewUuidV7;

  /** The trace of the request that makes the transaction, if traces are on. */
  readonly trace: TransactionTrace | undefined;
}

export interface Pool extends Database {
  /** Commits when `work` resolves; rolls back and rejects with the same error when it rejects. */
  inTransaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T>;

  /**
   * Runs `work` so that its statements and transactions wait for connections in their turn, also those that it starts later. Listeners of
   * hints run outside of it. Everything else is the process's own work.
   */
  inTurn<T>(turn: Turn, work: () => T): T;

  /** Calls `listener` with the values of each batch of hints, from any process. Returns a function that removes the listener. */
  onHint(channel: string, listener: (values: readonly string[]) => void): () => void;

  /** See `stepsOf`. Undefined: the pool itself. */
  readonly steps?: Pool;
}

/**
 * Returns the pool for the transactions of an operation after which others must follow. They do not record the idempotency key of the
 * request: once it is recorded, the request is not made again (access/idempotency-keys.ts).
 */
export const stepsOf = (pool: Pool): Pool => pool.steps ?? pool;

/** Codes of statements that fail because an earlier one failed, which is then the error to report. */
const consequentialCodes: ReadonlySet<string | undefined> = new Set(["25P02", "25P01"]);

/** A channel of hints that never leave this process and its engine's. */
export type OwnChannel = `own/${string}`;

/** Returns whether hints of the channel may come from other processes. */
export const isOpenToOthers = (channel: string): boolean => !channel.startsWith("own/");

/** Values by channel. */
export type HintValues = Map<string, Set<string>>;

/** The hints of a transaction. */
export interface PendingHints {
  /** For the listeners of this process and of its engine's. */
  readonly own: HintValues;
  /** For those of all other processes. */
  readonly others: HintValues;
}

type HintMethods = Pick<Transaction, "hintAfterCommit" | "hintOthersAfterCommit" | "hintOwnAfterCommit">;

/** Returns whether the channel has listeners in this process or its engine's. */
type HasListeners = (channel: OwnChannel) => boolean;

/** Collects the hints of a transaction. `pendingHints` returns them after the commit that began at the given time. */
function collectHints(
  hasListeners: HasListeners,
): HintMethods & { readonly pendingHints: (committingAtMs: number) => PendingHints } {
  const hints: PendingHints = { own: new Map(), others: new Map() };
  const renderers: ((committingAtMs: number) => void)[] = [];
  const add = (to: HintValues, channel: string, value: string): void =>
    void to.set(channel, (to.get(channel) ?? new Set<string>()).add(value));
  return {
    hintAfterCommit: (channel, value) => {
      add(hints.own, channel, value);
      add(hints.others, channel, value);
    },
    hintOthersAfterCommit: (channel, value) => add(hints.others, channel, value),
    hintOwnAfterCommit(channel, render) {
      if (hasListeners(channel)) renderers.push((committingAtMs) => add(hints.own, channel, render(committingAtMs)));
    },
    pendingHints: (committingAtMs) => {
      for (const render of renderers) render(committingAtMs);
      return hints;
    },
  };
}

interface TransactionParts extends Pick<Transaction, "newUuidV7" | "caches" | "trace"> {
  readonly hasListeners: HasListeners;
}

/**
 * Runs `work` in a transaction. `begin` travels with the first statement and `commit` with the last ones sent. Returns the
 * pending hints after the commit. Never retries: only the caller knows whether that is safe.
 */
export async function runTransaction<T>(
  pipeline: StatementPipeline,
  { newUuidV7, caches, trace, hasListeners }: TransactionParts,
  work: (tx: Transaction) => Promise<T>,
): Promise<{ result: T; hints: PendingHints }> {
  const { pendingHints, ...hintMethods } = collectHints(hasListeners);
  const sent: Promise<unknown>[] = [];
  let isOpen = true;
  const query: StatementPipeline["query"] = (text, values) => {
    if (!isOpen) throw new Error("A statement was sent after the end of its transaction. Is an await missing?");
    return pipeline.query(text, values);
  };
  const awaitAtCommit = (result: Promise<unknown>): void => {
    result.catch(() => undefined);
    sent.push(result);
  };
  awaitAtCommit(pipeline.begin());

  try {
    const result = await work({
      [open]: true,
      query: async (text, values = []) => (await query(text, values)).rows,
      send<Row>(text: string, values: readonly unknown[]): SentStatement<Row> {
        const statement: { rows: readonly Row[] } = { rows: [] };
        awaitAtCommit(query(text, values).then(({ rows }) => (statement.rows = rows)));
        return statement;
      },
      ...hintMethods,
      newUuidV7,
      caches,
      trace,
    });
    isOpen = false;
    const committingAtMs = machineMs();
    const [{ command }] = await Promise.all([pipeline.query("commit", []), ...sent]);
    // PostgreSQL responds with "ROLLBACK" when a statement failed before.
    if (command !== "COMMIT") throw new Error("The transaction was rolled back: one of its statements had failed.");
    trace?.committed();
    return { result, hints: pendingHints(committingAtMs) };
  } catch (error) {
    isOpen = false;
    // On a lost connection the server rolls back by itself, and a rollback would only wait for the time limit again.
    if (classifyDatabaseError(error) !== "away") await pipeline.query("rollback", []).catch(() => undefined);
    if (consequentialCodes.has(errorCode(error))) await Promise.all(sent);
    throw error;
  }
}

const uniqueViolation = "23505";

/**
 * Runs `work` again after a unique violation, once. For a transaction that checks a name and then inserts it: if a concurrent
 * one inserts the name in between, the second run finds it and refuses it properly.
 */
export async function retryOnUniqueViolation<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (errorCode(error) !== uniqueViolation) throw error;
    return work();
  }
}

/** A row that PostgreSQL writes as JSON inside another row: its times are texts. */
export type AsJson<Row> = {
  readonly [Name in keyof Row]: Row[Name] extends Date
    ? string
    : Row[Name] extends Date | null
      ? string | null
      : Row[Name];
};
