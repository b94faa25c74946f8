import { createHash } from "node:crypto";
import type pg from "pg";
import type { WatchedConnection } from "./failover.ts";
import type { DatabaseTrace } from "../telemetry/tracing.ts";
import { type SerializedValue, parserOf, propertyName, serializeValue } from "./values.ts";

/*
 * Pipelining for `pg`, in this file alone; pipeline.db.test.ts is its conformance test. The driver can send several queries
 * without waiting, but sends a Sync with each: PostgreSQL then runs a statement although the one before it failed, outside the
 * transaction that it was meant for, and flushes a response for each. Here one Sync follows a whole batch.
 */

/**
 * Sends the statements of one connection in order. Statements of one turn of the event loop form a batch, sent at its end;
 * statements made while a batch is in progress wait for its results.
 */
export class StatementPipeline {
  readonly #client: pg.Client;
  readonly #watched: Pick<WatchedConnection, "sent" | "answered"> | undefined;
  readonly #session: StatementSession;
  readonly #trace: DatabaseTrace | undefined;
  #next: StatementBatch | undefined;
  #isInProgress = false;
  #endSpan: ReturnType<DatabaseTrace> | undefined;
  #hasBegun = false;
  #lastError: unknown;

  /**
   * @param session shared by all pipelines of the connection
   * @param trace records each batch
   */
  constructor(
    client: pg.Client,
    session: StatementSession,
    watched?: Pick<WatchedConnection, "sent" | "answered">,
    trace?: DatabaseTrace,
  ) {
    this.#client = client;
    this.#session = session;
    this.#watched = watched;
    this.#trace = trace;
  }

  /**
   * Begins a transaction. Later statements are refused if `begin` failed: they would otherwise run, and commit, on their own.
   */
  begin(): Promise<StatementResult> {
    const result = this.query("begin", []);
    this.#hasBegun = true;
    return result;
  }

  async query(text: string, values: readonly unknown[]): Promise<StatementResult> {
    const serialized = values.map(serializeValue);
    try {
      return await this.#currentBatch().add(text, serialized);
    } catch (error) {
      // The stack of the socket's error names nobody; from here on it names the caller. Statements of the same batch reject with
      // the same error, which keeps the stack of the first.
      if (error instanceof Error && error !== this.#lastError) Error.captureStackTrace(error);
      this.#lastError = error;
      throw error;
    }
  }

  #currentBatch(): StatementBatch {
    if (!this.#next) {
      const isInTransaction = this.#hasBegun;
      this.#next = new StatementBatch({
        prepared: "prepared" in this.#session ? this.#session.prepared : undefined,
        refusal: () =>
          isInTransaction && this.#client.getTransactionStatus() === "I" ? new NoTransaction() : undefined,
        onEnd: (error) => {
          this.#isInProgress = false;
          this.#watched?.answered();
          this.#endSpan?.(error);
          this.#endSpan = undefined;
          this.#sendNext();
        },
      });
      if (!isInTransaction && "prologue" in this.#session) {
        const { text, values } = this.#session.prologue;
        this.#next.add(text, values.map(serializeValue)).catch(() => undefined); // it also rejects the statements after it
      }
      process.nextTick(() => this.#sendNext());
    }
    return this.#next;
  }

  #sendNext(): void {
    if (this.#isInProgress || !this.#next) return;
    const batch = this.#next;
    this.#next = undefined;
    this.#isInProgress = true;
    this.#watched?.sent();
    this.#endSpan = this.#trace?.(batch.texts, this.#client.database ?? "");
    this.#client.query(batch);
  }
}

/** Has the code that PostgreSQL would respond with: `no_active_sql_transaction`. */
class NoTransaction extends Error {
  readonly code = "25P01";

  constructor() {
    super("The transaction did not begin.");
  }
}

interface StatementResult {
  readonly rows: pg.QueryResult["rows"];
  /** PostgreSQL's command tag: `COMMIT`, `INSERT 0 1`. */
  readonly command: string;
}

interface PendingStatement {
  readonly text: string;
  readonly values: readonly SerializedValue[];
  readonly resolve: (result: StatementResult) => void;
  readonly reject: (error: unknown) => void;
}

interface Column {
  readonly name: string;
  readonly parse: (text: string) => unknown;
}

interface PreparedStatement {
  readonly name: string;
  /** Undefined: a failure left open whether the server knows the name. */
  columns: readonly Column[] | undefined;
}

/**
 * Ends the text of a statement that is planned for its values in each execution, so that PostgreSQL plans and locks only the days of the
 * history between bounds of ids. A prepared one is planned for any values, too, in its sixth execution on a connection: for 430 days,
 * this took a second, and the connection kept up to 16 MB for the plan.
 */
export const plannedEachTime = "/* planned each time */";

/**
 * The statements that a connection's server has prepared, by text. Each is parsed, planned and described once: over partitioned
 * tables, planning a small statement takes longer than running it. Texts are constants of the code, so there are few.
 */
export type PreparedStatements = Map<string, PreparedStatement>;

/**
 * A connection to a server process, which prepares statements; or one to a pooler in transaction mode, which may use another process
 * for each transaction. There, a prologue begins each of them: it lasts until the end of the transaction that its batch is, or begins.
 */
export type StatementSession =
  | { readonly prepared: PreparedStatements }
  | { readonly prologue: { readonly text: string; readonly values: readonly unknown[] } };

interface BatchOptions {
  /** Undefined: statements have no name, and are parsed each time. */
  readonly prepared: PreparedStatements | undefined;
  /** Called before the batch is sent. An error rejects all its statements, and nothing is sent. */
  readonly refusal: () => Error | undefined;
  readonly onEnd: (error?: unknown) => void;
}

/**
 * Sends statements with one Sync after the last. If one fails, PostgreSQL skips those after it. The driver calls the methods
 * that start with `handle` as responses arrive. (PostgreSQL, "Message Flow", Pipelining.)
 */
class StatementBatch implements pg.Submittable {
  /** Replaced by the driver; calling it stops the timer of `query_timeout`. */
  callback: () => void = () => undefined;
  readonly #options: BatchOptions;
  readonly #statements: PendingStatement[] = [];
  /** One for each statement that completed: results are delivered once the whole batch has succeeded or failed. */
  readonly #deliveries: (() => void)[] = [];
  #columns: readonly Column[] = [];
  #rows: StatementResult["rows"] = [];
  #parseError: unknown;

  constructor(options: BatchOptions) {
    this.#options = options;
  }

  /** Adds a statement, before the batch is sent. Rejects with PostgreSQL's error for it or for an earlier statement of the batch. */
  add(text: string, values: readonly SerializedValue[]): Promise<StatementResult> {
    return new Promise((resolve, reject) => {
      this.#statements.push({ text, values, resolve, reject });
    });
  }

  get texts(): readonly string[] {
    return this.#statements.map(({ text }) => text);
  }

  submit(connection: pg.Connection): Error | undefined {
    const refusal = this.#options.refusal();
    if (refusal) return refusal;
    const sent = new Set<string>();
    connection.stream.cork();
    for (const { text, values } of this.#statements) {
      const prepared = this.#preparedFor(text);
      const known = prepared?.get(text);
      const isNew = known?.columns === undefined && (!prepared || !sent.has(text));
      const statement = isNew ? this.#prepare(connection, text) : known?.name;
      sent.add(text);
      connection.bind({ statement, values: [...values] }, true);
      if (isNew) connection.describe({ type: "P" }, true);
      connection.execute(null, true);
    }
    connection.sync();
    connection.stream.uncork();
    this.#expectNext();
    return undefined;
  }

  #prepare(connection: pg.Connection, text: string): string {
    const prepared = this.#preparedFor(text);
    if (!prepared) {
      connection.parse({ name: "", text, types: [] }, true);
      return "";
    }
    const known = prepared.get(text);
    const name = known?.name ?? createHash("sha256").update(text).digest("base64url").slice(0, 24);
    if (known) connection.close({ type: "S", name }, true); // the server may have it
    prepared.set(text, { name, columns: undefined });
    connection.parse({ name, text, types: [] }, true);
    return name;
  }

  /** Undefined: the statement has no name. */
  #preparedFor(text: string): PreparedStatements | undefined {
    return text.endsWith(plannedEachTime) ? undefined : this.#options.prepared;
  }

  #expectNext(): void {
    const next = this.#statements[this.#deliveries.length];
    this.#columns = (next && this.#options.prepared?.get(next.text)?.columns) ?? [];
    this.#rows = [];
    this.#parseError = undefined;
  }

  handleRowDescription({ fields }: { readonly fields: readonly pg.FieldDef[] }): void {
    this.#columns = fields.map(({ name, dataTypeID }) => ({ name: propertyName(name), parse: parserOf(dataTypeID) }));
  }

  handleDataRow({ fields }: { readonly fields: readonly (string | null)[] }): void {
    try {
      this.#rows.push(parseRow(this.#columns, fields));
    } catch (error) {
      this.#parseError ??= error;
    }
  }

  handleCommandComplete({ text: command }: { readonly text: string }): void {
    const statement = this.#statements[this.#deliveries.length];
    if (!statement) return;
    const [rows, parseError] = [this.#rows, this.#parseError];
    const prepared = this.#options.prepared?.get(statement.text);
    if (prepared) prepared.columns = this.#columns;
    this.#deliveries.push(() =>
      parseError === undefined ? statement.resolve({ rows, command }) : statement.reject(parseError),
    );
    this.#expectNext();
  }

  handleReadyForQuery(): void {
    this.callback();
    for (const deliver of this.#deliveries) deliver();
    this.#options.onEnd();
  }

  /** Receives an error of PostgreSQL, the network or the timer; twice if the connection is cut after a timeout. */
  handleError(error: unknown): void {
    this.callback();
    for (const deliver of this.#deliveries) deliver();
    for (const { reject } of this.#statements.slice(this.#deliveries.length)) reject(error);
    this.#options.onEnd(error);
  }
}

function parseRow(columns: readonly Column[], fields: readonly (string | null)[]): Record<string, unknown> {
  const row: Record<string, unknown> = {};
  let index = 0; // counted here, since `entries` creates an array for each column: 0.9 kB of garbage per row
  for (const { name, parse } of columns) {
    const field = fields[index++] ?? null;
    row[name] = field === null ? null : parse(field);
  }
  return row;
}
