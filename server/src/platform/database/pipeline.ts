import { createHash } from "node:crypto";
import type pg from "pg";
import type { WatchedConnection } from "./connection-watch.ts";
import { type SerializedValue, parserOf, propertyName, serializeValue } from "./values.ts";

/**
 * A connection's statements, in the order in which they are asked. What is asked in one turn of the event loop goes out
 * together, at its end; what is asked while an answer is on its way waits for that.
 */
export class StatementPipeline {
  readonly #client: pg.Client;
  readonly #watched: Pick<WatchedConnection, "sent" | "answered"> | undefined;
  #gathered: StatementBatch | undefined;
  #isAwaiting = false;
  #hasBegun = false;
  #toldLast: unknown;

  constructor(client: pg.Client, watched?: Pick<WatchedConnection, "sent" | "answered">) {
    this.#client = client;
    this.#watched = watched;
  }

  /**
   * Begins a transaction. What is asked from now on goes out within it or not at all: what waited for the answer to a `begin`
   * that failed would be written, and committed, by itself.
   */
  begin(): Promise<StatementResult> {
    const answer = this.ask("begin", []);
    this.#hasBegun = true;
    return answer;
  }

  async ask(text: string, values: readonly unknown[]): Promise<StatementResult> {
    const written = values.map(serializeValue);
    try {
      return await this.#gather().add(text, written);
    } catch (error) {
      // From here on its stack says who asked; it came with that of the socket. What stands behind hears the same, later.
      if (error instanceof Error && error !== this.#toldLast) Error.captureStackTrace(error);
      this.#toldLast = error;
      throw error;
    }
  }

  #gather(): StatementBatch {
    if (!this.#gathered) {
      const isWithin = this.#hasBegun;
      this.#gathered = new StatementBatch({
        refusal: () => (isWithin && this.#client.getTransactionStatus() === "I" ? new NoTransaction() : undefined),
        ended: () => {
          this.#isAwaiting = false;
          this.#watched?.answered();
          this.#send();
        },
      });
      process.nextTick(() => this.#send());
    }
    return this.#gathered;
  }

  #send(): void {
    if (this.#isAwaiting || !this.#gathered) return;
    const bundle = this.#gathered;
    this.#gathered = undefined;
    this.#isAwaiting = true;
    this.#watched?.sent();
    this.#client.query(bundle);
  }
}

/** As PostgreSQL would say it, were it asked: `no_active_sql_transaction`. */
class NoTransaction extends Error {
  readonly code = "25P01";

  constructor() {
    super("The transaction did not begin.");
  }
}

interface StatementResult {
  readonly rows: pg.QueryResult["rows"];
  /** PostgreSQL's tag: `COMMIT`, `INSERT 0 1`. */
  readonly command: string;
}

interface PendingStatement {
  readonly name: string;
  readonly text: string;
  readonly values: readonly SerializedValue[];
  readonly answered: (answer: StatementResult) => void;
  readonly failed: (error: unknown) => void;
}

interface BatchOptions {
  /** Asked when its turn has come. A reason is told to all of it instead, and nothing goes out. */
  readonly refusal: () => Error | undefined;
  readonly ended: () => void;
}

/**
 * Statements that go out in one piece and are answered in one: a `Sync` stands behind the last of them, where the driver
 * sends one behind each. If one fails, PostgreSQL passes over those behind it. The driver calls what begins with `handle` as
 * the answer comes in. (PostgreSQL, "Message Flow", Pipelining.)
 */
class StatementBatch implements pg.Submittable {
  /** The driver puts its own in this place, and with it stops the clock of `query_timeout`. */
  callback: () => void = () => undefined;
  readonly #needs: BatchOptions;
  readonly #asked: PendingStatement[] = [];
  readonly #tellings: (() => void)[] = [];
  #prepared: PreparedStatements = new Map();
  #columns: readonly Column[] = [];
  #rows: StatementResult["rows"] = [];
  #unreadable: unknown;

  constructor(needs: BatchOptions) {
    this.#needs = needs;
  }

  /** Before it goes out. Rejects with what PostgreSQL said to the statement, or to the one that failed before it. */
  add(text: string, values: readonly SerializedValue[]): Promise<StatementResult> {
    return new Promise((answered, failed) => {
      this.#asked.push({ name: statementName(text), text, values, answered, failed });
    });
  }

  submit(connection: pg.Connection): Error | undefined {
    const refusal = this.#needs.refusal();
    if (refusal) return refusal;
    this.#prepared = preparedStatementsOf(connection);
    const introduced = new Set<string>();
    connection.stream.cork();
    for (const asked of this.#asked) {
      const isNew = this.#prepared.get(asked.name) === undefined && !introduced.has(asked.name);
      if (isNew) this.#introduce(connection, asked);
      introduced.add(asked.name);
      connection.bind({ statement: asked.name, values: [...asked.values] }, true);
      if (isNew) connection.describe({ type: "P" }, true);
      connection.execute(null, true);
    }
    connection.sync();
    connection.stream.uncork();
    this.#expectNext();
    return undefined;
  }

  #introduce(connection: pg.Connection, { name, text }: PendingStatement): void {
    if (this.#prepared.has(name)) connection.close({ type: "S", name }, true); // it may be there
    this.#prepared.set(name, undefined);
    connection.parse({ name, text, types: [] }, true);
  }

  #expectNext(): void {
    const next = this.#asked[this.#tellings.length];
    this.#columns = (next && this.#prepared.get(next.name)) ?? [];
    this.#rows = [];
    this.#unreadable = undefined;
  }

  handleRowDescription({ fields }: { readonly fields: readonly pg.FieldDef[] }): void {
    this.#columns = fields.map(({ name, dataTypeID }) => ({ name: propertyName(name), read: parserOf(dataTypeID) }));
  }

  handleDataRow({ fields }: { readonly fields: readonly (string | null)[] }): void {
    try {
      this.#rows.push(readRow(this.#columns, fields));
    } catch (error) {
      this.#unreadable ??= error;
    }
  }

  handleCommandComplete({ text: command }: { readonly text: string }): void {
    const asked = this.#asked[this.#tellings.length];
    if (!asked) return;
    const [rows, unreadable] = [this.#rows, this.#unreadable];
    this.#prepared.set(asked.name, this.#columns);
    this.#tellings.push(() =>
      unreadable === undefined ? asked.answered({ rows, command }) : asked.failed(unreadable),
    );
    this.#expectNext();
  }

  handleReadyForQuery(): void {
    this.callback();
    for (const tell of this.#tellings) tell();
    this.#needs.ended();
  }

  /** PostgreSQL's, the network's, or the clock's. It may come twice: what was too late is told again when the line is cut. */
  handleError(error: unknown): void {
    this.callback();
    for (const tell of this.#tellings) tell();
    for (const { failed } of this.#asked.slice(this.#tellings.length)) failed(error);
    this.#needs.ended();
  }
}

function readRow(columns: readonly Column[], fields: readonly (string | null)[]): Record<string, unknown> {
  const row: Record<string, unknown> = {};
  for (const [index, { name, read }] of columns.entries()) {
    const field = fields[index] ?? null;
    row[name] = field === null ? null : read(field);
  }
  return row;
}

/** What a column of an answer is called, and how its text is read. */
interface Column {
  readonly name: string;
  readonly read: (text: string) => unknown;
}

/**
 * What a connection's server has prepared, by name, with the columns that it answers with. It is parsed once, planned once
 * and described once: over partitioned tables, planning a small statement takes longer than running it. Texts are constants
 * of the code, so there are few. Undefined: a failure left open whether the server knows the name.
 */
type PreparedStatements = Map<string, readonly Column[] | undefined>;

const preparedOn = new WeakMap<pg.Connection, PreparedStatements>();

function preparedStatementsOf(connection: pg.Connection): PreparedStatements {
  const prepared = preparedOn.get(connection) ?? new Map<string, readonly Column[] | undefined>();
  preparedOn.set(connection, prepared);
  return prepared;
}

const names = new Map<string, string>();

/** What a statement is prepared as. */
function statementName(text: string): string {
  let name = names.get(text);
  if (name === undefined) {
    name = createHash("sha256").update(text).digest("base64url").slice(0, 24);
    names.set(text, name);
  }
  return name;
}
