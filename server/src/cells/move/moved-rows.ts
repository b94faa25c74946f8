import { pipeline } from "node:stream/promises";
import type pg from "pg";
import { from as copyFrom, to as copyTo } from "pg-copy-streams";
import { machineMs, systemClock } from "#platform/clock.ts";
import { errorCode } from "#platform/errors.ts";

/** Runs `work` in a transaction of a connection, which can be used again after a failure. */
export async function transact(client: pg.Client, work: () => Promise<unknown>): Promise<void> {
  await client.query("begin");
  try {
    await work();
    await client.query("commit");
  } catch (error) {
    await client.query("rollback").catch(() => undefined); // the connection may be what failed
    throw error;
  }
}

interface KeyColumn {
  readonly name: string;
  readonly type: string;
}

/** A table with rows of providers, as the catalogue describes it. */
export interface MovedTable {
  readonly name: string;
  readonly columns: readonly string[];
  readonly key: readonly KeyColumn[];
  /** The column that names the provider. */
  readonly owner: "id" | "provider_id";
  /** History and statistics, to which no other table refers. */
  readonly isPartitioned: boolean;
  /** The tables that its foreign keys refer to. */
  readonly parents: readonly string[];
}

// Excluded: partitions, and days of the history that retention is replacing.
const tablesStatement = `
  select relation.relname as name, relation.relkind = 'p' as "isPartitioned",
    case relation.relname when 'providers' then 'id' else 'provider_id' end as owner,
    (select json_agg(attname order by attnum) from pg_attribute
     where attrelid = relation.oid and attnum > 0 and not attisdropped and attgenerated = '') as columns,
    (select json_agg(json_build_object('name', attname, 'type', format_type(atttypid, atttypmod)) order by place)
     from pg_index
     cross join unnest(indkey::smallint[]) with ordinality as part (number, place)
     join pg_attribute on attrelid = indrelid and attnum = part.number
     where indrelid = relation.oid and indisprimary) as key,
    (select coalesce(json_agg(distinct parent.relname), '[]') from pg_constraint
     join pg_class parent on parent.oid = confrelid
     where conrelid = relation.oid and contype = 'f' and confrelid <> conrelid) as parents
  from pg_class relation
  where relation.relnamespace = current_schema()::regnamespace and relation.relkind in ('r', 'p') and not relation.relispartition
    and relation.relname !~ '_\\d{6,8}(_kept|_retired)?$'
    and (relation.relname = 'providers' or exists (
      select from pg_attribute where attrelid = relation.oid and attname = 'provider_id' and not attisdropped))
  order by relation.relname`;

/** Returns all tables with rows of providers, those that others refer to first. */
export async function readMovedTables(client: pg.Client): Promise<readonly MovedTable[]> {
  const { rows } = await client.query<MovedTable>(tablesStatement);
  const withoutKey = rows.find(({ key }) => !key);
  if (withoutKey)
    throw new Error(`The table ${withoutKey.name} has no primary key, so its changes cannot be followed.`);
  return parentsFirst(rows);
}

/** Sorts tables so that each follows those that its foreign keys refer to. */
export function parentsFirst(tables: readonly MovedTable[]): readonly MovedTable[] {
  const sorted: MovedTable[] = [];
  const names = new Set(tables.map(({ name }) => name));
  let left = tables;
  while (left.length > 0) {
    const done = new Set(sorted.map(({ name }) => name));
    const ready = left.filter(({ parents }) => parents.every((parent) => !names.has(parent) || done.has(parent)));
    if (ready.length === 0) throw new Error(`Foreign keys form a cycle: ${left.map(({ name }) => name).join(", ")}.`);
    sorted.push(...ready);
    left = left.filter((table) => !ready.includes(table));
  }
  return sorted;
}

// The names of partitions are those of their days and months, the same in all cells. A partition comes before its own partitions,
// whose names begin with its name.
const partitionsStatement = `
  select root.relname as root, parent.relname as parent, partition.relname as name,
    pg_get_expr(partition.relpartbound, partition.oid) as bound, pg_get_partkeydef(partition.oid) as key
  from pg_inherits
  join pg_class parent on parent.oid = inhparent
  join pg_class partition on partition.oid = inhrelid
  join pg_class root on root.oid = pg_partition_root(inhrelid)
  where parent.relnamespace = current_schema()::regnamespace and parent.relkind = 'p' and partition.relkind in ('r', 'p')
  order by partition.relname`;

interface Partition {
  /** The table that all of these are partitions of. */
  readonly root: string;
  readonly parent: string;
  readonly name: string;
  readonly bound: string;
  /** The key of its own partitions, if it has any. */
  readonly key: string | null;
}

async function readPartitions(client: pg.Client): Promise<readonly Partition[]> {
  return (await client.query<Partition>(partitionsStatement)).rows;
}

// The locks of the functions that create and drop partitions.
const lockPartitionsStatement = `
  select pg_advisory_xact_lock(hashtext('bellwire history days')), pg_advisory_xact_lock(hashtext('bellwire statistics'))`;

/** Creates the partitions that the source has and the target lacks, because its retention is shorter or it is new. */
export async function createMissingPartitions(source: pg.Client, target: pg.Client): Promise<void> {
  const partitions = await readPartitions(source);
  await transact(target, async () => {
    await target.query(lockPartitionsStatement);
    const existing = new Set((await readPartitions(target)).map(({ name }) => name));
    for (const { parent, name, bound, key } of partitions.filter((each) => !existing.has(each.name))) {
      const [quotedParent, quoted] = [target.escapeIdentifier(parent), target.escapeIdentifier(name)];
      const partitioned = key === null ? "" : ` partition by ${key}`;
      await target.query(`create table ${quoted} (like ${quotedParent} including all)${partitioned}`);
      await target.query(`alter table ${quotedParent} attach partition ${quoted} ${bound}`);
    }
  });
}

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

/** One statement of `copyChanges`. */
interface Write extends ChangedRows {
  readonly run: (target: pg.Client, change: ChangedRows) => Promise<unknown>;
}

/**
 * Makes rows in the target as they are in the source now: inserts, updates or deletes them. Runs in a transaction of the target.
 * Rows that others refer to are written before those, and deleted after those. A row that still waits for another change, such as a plan
 * that is deleted after its applications have left it, or a value that another row gives up, is written after the rest. Fails if two
 * rows exchanged a unique value.
 */
export async function copyChanges(
  { source, target }: { readonly source: pg.Client; readonly target: pg.Client },
  changes: readonly ChangedRows[],
): Promise<void> {
  for (const change of changes) await stage(source, target, change);
  let left: readonly Write[] = [
    ...changes.toReversed().map((change) => ({ ...change, run: deleteMissing })),
    ...changes.map((change) => ({ ...change, run: upsertStaged })),
  ];
  while (left.length > 0) {
    const waiting: { readonly write: Write; readonly error: unknown }[] = [];
    for (const write of left) waiting.push(...(await writeRows(target, write)));
    if (waiting.length === countKeys(left)) throw waiting[0]?.error;
    left = waiting.map(({ write }) => write);
  }
}

const countKeys = (writes: readonly Write[]): number => writes.reduce((sum, { keys }) => sum + keys.length, 0);

/** Codes of a missing or remaining row that a foreign key requires, and of a unique value that another row has. */
const waitsForAnother: ReadonlySet<string | undefined> = new Set(["23503", "23505"]);

/** Writes as many of the rows as possible: all at once, or in halves. Returns those that have to wait. */
async function writeRows(
  target: pg.Client,
  write: Write,
): Promise<readonly { readonly write: Write; readonly error: unknown }[]> {
  await target.query("savepoint moved_rows");
  try {
    await write.run(target, write);
    await target.query("release savepoint moved_rows");
    return [];
  } catch (error) {
    if (!waitsForAnother.has(errorCode(error))) throw error;
    await target.query("rollback to savepoint moved_rows; release savepoint moved_rows");
    const { keys } = write;
    if (keys.length <= 1) return [{ write, error }];
    const middle = Math.ceil(keys.length / 2);
    return [
      ...(await writeRows(target, { ...write, keys: keys.slice(0, middle) })),
      ...(await writeRows(target, { ...write, keys: keys.slice(middle) })),
    ];
  }
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

async function upsertStaged(target: pg.Client, change: ChangedRows): Promise<void> {
  const { table } = change;
  const columns = columnList(target, table);
  const keys = new Set(table.key.map(({ name }) => name));
  const others = table.columns.filter((column) => !keys.has(column)).map((column) => target.escapeIdentifier(column));
  const update = others.map((column) => `${column} = excluded.${column}`).join(", ");
  await target.query(`
    insert into ${target.escapeIdentifier(table.name)} (${columns})
    select ${columns} from ${stageName(target, table)} where ${hasKey(target, change)}
    on conflict (${[...keys].map((key) => target.escapeIdentifier(key)).join(", ")})
    ${update === "" ? "do nothing" : `do update set ${update}`}`);
}

/** A trigger waits this long for writers of its table. Others wait behind it meanwhile. */
const lockTimeoutMs = 200;
const lockPauseMs = 300;
const lockTries = 100;
const lockNotAvailable = "55P03";

/** Repeats a statement that waits for a table's lock, with pauses for others. */
export async function withTableLock(
  client: pg.Client,
  statement: string,
  values: readonly unknown[] = [],
): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await transact(client, async () => {
        await client.query(`set local lock_timeout = ${lockTimeoutMs}`);
        // Without values, the statement may be several ones.
        await (values.length > 0 ? client.query(statement, [...values]) : client.query(statement));
      });
      return;
    } catch (error) {
      if (errorCode(error) !== lockNotAvailable || attempt === lockTries) throw error;
      await systemClock.sleep(lockPauseMs);
    }
  }
}

const triggerName = (providerId: number, kind: "changed" | "deleted" | "lane"): string => `move_${providerId}_${kind}`;

/** Records the changes of a provider's rows from now on (migrations/cell/0014_moves.sql). */
export async function createTriggers(
  client: pg.Client,
  tables: readonly MovedTable[],
  providerId: number,
): Promise<void> {
  for (const { name, owner, key } of tables) {
    const table = client.escapeIdentifier(name);
    const parameters = [String(providerId), name, ...key.map((column) => column.name)].map((text) =>
      client.escapeLiteral(text),
    );
    const run = `execute function record_moved_change(${parameters.join(", ")})`;
    await withTableLock(
      client,
      `create or replace trigger ${triggerName(providerId, "changed")} after insert or update on ${table}
         for each row when (new.${owner} = ${providerId}) ${run};
       create or replace trigger ${triggerName(providerId, "deleted")} after delete on ${table}
         for each row when (old.${owner} = ${providerId}) ${run}`,
    );
  }
  await withTableLock(
    client,
    `create or replace trigger ${triggerName(providerId, "lane")} before update on lanes
       for each row when (new.provider_id = ${providerId} and new.owner is not null and new.owner is distinct from old.owner)
       execute function keep_lane_free('${providerId}')`,
  );
}

/** Drops the triggers, also those of an interrupted move. */
export async function dropTriggers(
  client: pg.Client,
  tables: readonly MovedTable[],
  providerId: number,
): Promise<void> {
  for (const { name } of tables) {
    const table = client.escapeIdentifier(name);
    const { rowCount } = await client.query(
      "select from pg_trigger where tgrelid = to_regclass($1) and tgname like $2 limit 1",
      [table, `move\\_${providerId}\\_%`],
    );
    if (rowCount === 0) continue;
    const drops = (["changed", "deleted", "lane"] as const).map(
      (kind) => `drop trigger if exists ${triggerName(providerId, kind)} on ${table}`,
    );
    await withTableLock(client, drops.join(";"));
  }
}

/** Changed rows of partitioned tables per step. */
const changesPerStep = 2000;

const readStatement = `
  select number::text, relation, key from moved_changes
  where provider = $1 and relation = any($2)
  order by number
  limit $3`;

interface Change {
  readonly number: string;
  readonly relation: string;
  readonly key: readonly unknown[];
}

interface FollowNeeds {
  readonly source: pg.Client;
  readonly target: pg.Client;
  /** True: each step is a transaction, of limited size. False: the caller's transaction takes all changes, so that every row has
   * the rows that it refers to. */
  readonly isStepwise: boolean;
  /** In the order of their foreign keys. */
  readonly tables: readonly MovedTable[];
  readonly providerId: number;
}

/**
 * Copies the recorded changes of some tables, as of one moment. Returns their number. A change that commits meanwhile is recorded and
 * copied in a later step: rows are read as they are, not as they were.
 */
export async function followChanges(needs: FollowNeeds): Promise<number> {
  const { source } = needs;
  await source.query("begin isolation level repeatable read read only");
  let copied: readonly Change[];
  try {
    copied = await copyRecorded(needs);
  } finally {
    await source.query("rollback");
  }
  if (copied.length > 0) {
    await source.query("delete from moved_changes where number = any($1::bigint[])", [
      copied.map(({ number }) => number),
    ]);
  }
  return copied.length;
}

async function copyRecorded({
  source,
  target,
  isStepwise,
  tables,
  providerId,
}: FollowNeeds): Promise<readonly Change[]> {
  const names = tables.map(({ name }) => name);
  const limit = isStepwise ? changesPerStep : null;
  const { rows } = await source.query<Change>(readStatement, [providerId, names, limit]);
  if (rows.length === 0) return rows;
  const byTable = Map.groupBy(rows, ({ relation }) => relation);
  const changes = tables.flatMap((table): ChangedRows[] => {
    const changed = byTable.get(table.name);
    if (!changed) return [];
    const keys = new Map(changed.map(({ key }) => [JSON.stringify(key), key]));
    return [{ table, keys: [...keys.values()] }];
  });
  const work = () => copyChanges({ source, target }, changes);
  await (isStepwise ? transact(target, work) : work());
  return rows;
}

/** Forgets the recorded changes of tables that are copied whole after this. */
export async function forgetChanges(
  source: pg.Client,
  tables: readonly MovedTable[],
  providerId: number,
): Promise<void> {
  const names = tables.map(({ name }) => name);
  await source.query("delete from moved_changes where provider = $1 and relation = any($2)", [providerId, names]);
}

/** Rows per transaction of a deletion: the first one of a table, and any other. */
const deletedRowsMin = 100;
const deletedRowsMax = 5000;
/** A step should take so long at most: a long transaction keeps others from removing dead rows. */
const deletionStepMs = 500;

/**
 * Returns the rows of the next step. Usually 5,000 take 0.1 s. Until dead rows of a table that refers to this one are removed,
 * PostgreSQL may read all of them for each row: once, 5,000 took a minute.
 */
export const nextStepRows = (rows: number, tookMs: number): number =>
  Math.min(deletedRowsMax, Math.max(deletedRowsMin, Math.round(rows * Math.min(2, deletionStepMs / tookMs))));

/**
 * Deletes all rows of a provider, those that refer to others first. Returns their number. Triggers of a move ignore these deletions.
 */
export async function deleteRows(
  client: pg.Client,
  tables: readonly MovedTable[],
  providerId: number,
): Promise<number> {
  await client.query("select set_config('bellwire_move.provider', $1, false)", [String(providerId)]);
  // A row's `ctid` is its place in a partition that has none itself.
  const leaves = (await readPartitions(client)).filter(({ key }) => key === null);
  const partitions = Map.groupBy(leaves, ({ root }) => root);
  let rows = 0;
  for (const { name, owner, isPartitioned } of tables.toReversed()) {
    const parts = isPartitioned ? (partitions.get(name) ?? []).map((partition) => partition.name) : [name];
    for (const part of parts) {
      const quoted = client.escapeIdentifier(part);
      const statement = `delete from ${quoted} where ctid = any(array(select ctid from ${quoted} where ${owner} = $1 limit $2))`;
      let limit = deletedRowsMin;
      for (let isFull = true; isFull;) {
        const startedMs = machineMs();
        const deleted = (await client.query(statement, [providerId, limit])).rowCount ?? 0;
        rows += deleted;
        isFull = deleted === limit;
        limit = nextStepRows(limit, machineMs() - startedMs);
      }
    }
  }
  await client.query("select set_config('bellwire_move.provider', '', false)");
  return rows;
}
