import type pg from "pg";
import { propertyName, readerOf } from "./column-types.ts";
import { nameOf, preparedBy, type Column, type Prepared } from "./prepared.ts";
import type { WrittenValue } from "./write-value.ts";

export interface Answer {
  readonly rows: pg.QueryResult["rows"];
  /** PostgreSQL's tag: `COMMIT`, `INSERT 0 1`. */
  readonly command: string;
}

interface Asked {
  readonly name: string;
  readonly text: string;
  readonly values: readonly WrittenValue[];
  readonly answered: (answer: Answer) => void;
  readonly failed: (error: unknown) => void;
}

interface BundleNeeds {
  /** Asked when its turn has come. A reason is told to all of it instead, and nothing goes out. */
  readonly refusal: () => Error | undefined;
  readonly ended: () => void;
}

/**
 * Statements that go out in one piece and are answered in one: a `Sync` stands behind the last of them, where the driver
 * sends one behind each. If one fails, PostgreSQL passes over those behind it. The driver calls what begins with `handle` as
 * the answer comes in. (PostgreSQL, "Message Flow", Pipelining.)
 */
export class Bundle implements pg.Submittable {
  /** The driver puts its own in this place, and with it stops the clock of `query_timeout`. */
  callback: () => void = () => undefined;
  readonly #needs: BundleNeeds;
  readonly #asked: Asked[] = [];
  readonly #tellings: (() => void)[] = [];
  #prepared: Prepared = new Map();
  #columns: readonly Column[] = [];
  #rows: Answer["rows"] = [];
  #unreadable: unknown;

  constructor(needs: BundleNeeds) {
    this.#needs = needs;
  }

  /** Before it goes out. Rejects with what PostgreSQL said to the statement, or to the one that failed before it. */
  add(text: string, values: readonly WrittenValue[]): Promise<Answer> {
    return new Promise((answered, failed) => {
      this.#asked.push({ name: nameOf(text), text, values, answered, failed });
    });
  }

  submit(connection: pg.Connection): Error | undefined {
    const refusal = this.#needs.refusal();
    if (refusal) return refusal;
    this.#prepared = preparedBy(connection);
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

  #introduce(connection: pg.Connection, { name, text }: Asked): void {
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
    this.#columns = fields.map(({ name, dataTypeID }) => ({ name: propertyName(name), read: readerOf(dataTypeID) }));
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
