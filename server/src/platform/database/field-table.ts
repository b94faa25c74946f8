import { isDeepStrictEqual } from "node:util";

/**
 * How one property of an object is stored and shown. Select list, insert, update, change detection and the plain parts of
 * documents follow from these rows.
 */
export interface Field {
  /** Defaults to the property's name in snake_case. */
  readonly column?: string;
  /** The expression to read in place of the column. */
  readonly read?: string;
  readonly insert?: true;
  readonly update?: true;
  /** Changes are recorded with the previous value: `each` names the entries of a record, `secret` leaves the value out. */
  readonly audited?: true | "each" | "secret";
  /** The group of a document's elements that it belongs to, named as the column. */
  readonly document?: string;
}

type Rows = Readonly<Record<string, Field>>;

type PropertiesWith<Table extends Rows, Row extends Field> = {
  [Property in keyof Table]: Table[Property] extends Row ? Property : never;
}[keyof Table];

/** The properties that the insert of a table writes. */
export type Inserted<Table extends Rows> = PropertiesWith<Table, { readonly insert: true }>;
type Updated<Table extends Rows> = PropertiesWith<Table, { readonly update: true }>;
/** The properties in a group of a document. */
export type InDocument<Table extends Rows, Group extends string> = PropertiesWith<Table, { readonly document: Group }>;

export const columnOf = (table: Rows, property: string): string =>
  table[property]?.column ?? property.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** Returns the select list. Its aliases also name the keys of rows that are read as JSON. */
export const selectList = (table: Rows): string =>
  Object.entries(table)
    .map(([property, { read = columnOf(table, property) }]) => (read === property ? read : `${read} as "${property}"`))
    .join(", ");

const inserted = (table: Rows): readonly string[] => Object.keys(table).filter((property) => table[property]?.insert);
const updated = (table: Rows): readonly string[] => Object.keys(table).filter((property) => table[property]?.update);

/** Returns the columns of an insert statement. */
export const insertColumns = (table: Rows): string =>
  inserted(table)
    .map((property) => columnOf(table, property))
    .join(", ");

/** Returns the parameters of an insert statement, numbered from `first`. */
export const insertParameters = (table: Rows, first: number): string =>
  inserted(table)
    .map((_, index) => `$${first + index}`)
    .join(", ");

/** Returns the assignments of an update statement, whose parameters are numbered from `first`. */
export const assignments = (table: Rows, first: number): string =>
  updated(table)
    .map((property, index) => `${columnOf(table, property)} = $${first + index}`)
    .join(", ");

/** Returns the values for `insertParameters`. */
export function insertValues<Table extends Rows>(
  table: Table,
  object: Readonly<Record<Inserted<Table>, unknown>>,
): readonly unknown[] {
  const values = new Map<string, unknown>(Object.entries(object));
  return inserted(table).map((property) => values.get(property));
}

/** Returns the values for `assignments`. */
export function updateValues<Table extends Rows>(
  table: Table,
  object: Readonly<Record<Updated<Table>, unknown>>,
): readonly unknown[] {
  const values = new Map<string, unknown>(Object.entries(object));
  return updated(table).map((property) => values.get(property));
}

/** Returns the properties in a group of a document, in the order of the table. */
export const documentProperties = <Table extends Rows, Group extends string>(
  table: Table,
  group: Group,
): readonly (string & InDocument<Table, Group>)[] => {
  const isIn = (property: string): property is string & InDocument<Table, Group> => table[property]?.document === group;
  return Object.keys(table).filter(isIn);
};

/** Returns the previous values of what is audited and differs, by column, or by entry of a record. */
export function auditedChanges<Table extends Rows>(
  table: Table,
  before: Readonly<Record<keyof Table, unknown>>,
  after: Readonly<Record<keyof Table, unknown>>,
): Readonly<Record<string, unknown>> {
  const [old, current] = [new Map<string, unknown>(Object.entries(before)), new Map(Object.entries(after))];
  const rows = Object.entries<Field>(table).filter(([, { audited }]) => audited !== undefined);
  const records = rows.filter(([, { audited }]) => audited === "each").map(([property]) => property);
  const changes = changedEntries(entriesOf(old, records), entriesOf(current, records));
  const hasEntries = changes.size > 0;
  for (const [property, { audited }] of rows) {
    if (audited === "each") continue;
    const isChanged = !isDeepStrictEqual(old.get(property), current.get(property));
    if (isChanged) changes.set(columnOf(table, property), audited === "secret" ? null : (old.get(property) ?? null));
    // It wins over an entry of the same name, which a provider may have defined before the column existed.
    else if (hasEntries) changes.delete(columnOf(table, property));
  }
  return Object.fromEntries(changes);
}

const entriesOf = (values: ReadonlyMap<string, unknown>, properties: readonly string[]): ReadonlyMap<string, unknown> =>
  new Map(
    properties.flatMap((property) => {
      const record = values.get(property);
      return typeof record === "object" && record !== null ? Object.entries(record) : [];
    }),
  );

function changedEntries(old: ReadonlyMap<string, unknown>, current: ReadonlyMap<string, unknown>) {
  const names = new Set([...old.keys(), ...current.keys()]);
  const changes = new Map<string, unknown>();
  for (const name of names)
    if (!isDeepStrictEqual(old.get(name), current.get(name))) changes.set(name, old.get(name) ?? null);
  return changes;
}
