import { pipeline } from "node:stream/promises";
import type pg from "pg";
import { from as copyFrom, to as copyTo } from "pg-copy-streams";
import { type MovedTable, readPartitions } from "./moved-tables.ts";

/** Copies the provider's rows of one table. Returns their number. */
export const copyTable = (
  { source, target }: { readonly source: pg.Client; readonly target: pg.Client },
  table: MovedTable,
  providerId: number,
): Promise<number> => {
  const columns = columnList(source, table);
  const name = source.escapeIdentifier(table.name);
  const rows = `select ${columns} from ${name} where ${table.owner} = ${providerId}`;
  return copy(source, rows, target, `${name} (${columns})`);
};

/** Copies the result of a query into a table, in PostgreSQL's binary format, which keeps every value as it is. */
async function copy(source: pg.Client, rows: string, target: pg.Client, into: string): Promise<number> {
  const reading = source.query(copyTo(`copy (${rows}) to stdout (format binary)`));
  const writing = target.query(copyFrom(`copy ${into} from stdin (format binary)`));
  await pipeline(reading, writing);
  return writing.rowCount ?? 0;
}

const columnList = (client: pg.Client, { columns }: MovedTable): string =>
  columns.map((column) => client.escapeIdentifier(column)).join(", ");

/** Changed rows of one table, by primary key. */
export interface ChangedRows {
  readonly table: MovedTable;
  /** Values of the key's columns, as JSON. */
  readonly keys: readonly (readonly unknown[])[];
}

/**
 * Makes rows in the target as they are in the source now: inserts, updates or deletes them. Runs in a transaction of the target.
 * Rows that others refer to are written before those, and deleted after those. Fails if two rows exchanged a unique value.
 */
export async function copyChanges(
  { source, target }: { readonly source: pg.Client; readonly target: pg.Client },
  changes: readonly ChangedRows[],
): Promise<void> {
  for (const change of changes) await stage(source, target, change);
  for (const change of changes.toReversed()) await deleteMissing(target, change);
  for (const { table } of changes) await upsertStaged(target, table);
}

const stageName = (client: pg.Client, { name }: MovedTable): string =>
  `pg_temp.${client.escapeIdentifier(`moving_${name}`)}`;

/** Returns the condition that a row has one of the keys. COPY has no parameters. */
function hasKey(client: pg.Client, { table, keys }: ChangedRows): string {
  const names = table.key.map(({ name }) => client.escapeIdentifier(name)).join(", ");
  const values = table.key.map(({ type }, place) => `(key ->> ${place})::${type}`).join(", ");
  const list = client.escapeLiteral(JSON.stringify(keys));
  return `(${names}) in (select ${values} from jsonb_array_elements(${list}::jsonb) as changed (key))`;
}

async function stage(source: pg.Client, target: pg.Client, change: ChangedRows): Promise<void> {
  const { table } = change;
  const [columns, name, staged] = [
    columnList(source, table),
    source.escapeIdentifier(table.name),
    stageName(target, table),
  ];
  await target.query(`create temp table if not exists ${staged.replace("pg_temp.", "")} (like ${name}) on commit drop`);
  await target.query(`truncate ${staged}`);
  const rows = `select ${columns} from ${name} where ${hasKey(source, change)}`;
  await copy(source, rows, target, `${staged} (${columns})`);
}

async function deleteMissing(target: pg.Client, change: ChangedRows): Promise<void> {
  const { table } = change;
  const same = table.key
    .map(({ name }) => target.escapeIdentifier(name))
    .map((column) => `staged.${column} = missing.${column}`)
    .join(" and ");
  await target.query(`
    delete from ${target.escapeIdentifier(table.name)} as missing
    where ${hasKey(target, change)} and not exists (select from ${stageName(target, table)} as staged where ${same})`);
}

async function upsertStaged(target: pg.Client, table: MovedTable): Promise<void> {
  const columns = columnList(target, table);
  const keys = new Set(table.key.map(({ name }) => name));
  const others = table.columns.filter((column) => !keys.has(column)).map((column) => target.escapeIdentifier(column));
  const update = others.map((column) => `${column} = excluded.${column}`).join(", ");
  await target.query(`
    insert into ${target.escapeIdentifier(table.name)} (${columns})
    select ${columns} from ${stageName(target, table)}
    on conflict (${[...keys].map((key) => target.escapeIdentifier(key)).join(", ")})
    ${update === "" ? "do nothing" : `do update set ${update}`}`);
}

/** Rows per transaction of a deletion. */
const deletedPerStep = 5000;

/** Deletes all rows of a provider, those that refer to others first. Triggers of a move ignore these deletions. */
export async function deleteRows(client: pg.Client, tables: readonly MovedTable[], providerId: number): Promise<void> {
  await client.query("select set_config('bellwire_move.provider', $1, false)", [String(providerId)]);
  // A row's `ctid` is its place in a partition that has none itself.
  const leaves = (await readPartitions(client)).filter(({ key }) => key === null);
  const partitions = Map.groupBy(leaves, ({ root }) => root);
  for (const { name, owner, isPartitioned } of tables.toReversed()) {
    const parts = isPartitioned ? (partitions.get(name) ?? []).map((partition) => partition.name) : [name];
    for (const part of parts) {
      const quoted = client.escapeIdentifier(part);
      const statement = `delete from ${quoted} where ctid = any(array(select ctid from ${quoted} where ${owner} = $1 limit ${deletedPerStep}))`;
      while (((await client.query(statement, [providerId])).rowCount ?? 0) === deletedPerStep);
    }
  }
  await client.query("select set_config('bellwire_move.provider', '', false)");
}
