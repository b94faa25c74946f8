import type pg from "pg";

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

export async function readPartitions(client: pg.Client): Promise<readonly Partition[]> {
  return (await client.query<Partition>(partitionsStatement)).rows;
}

// The locks of the functions that create and drop partitions.
const lockPartitionsStatement = `
  select pg_advisory_xact_lock(hashtext('bellwire history days')), pg_advisory_xact_lock(hashtext('bellwire statistics'))`;

/** Creates the partitions that the source has and the target lacks, because its retention is shorter or it is new. */
export async function createMissingPartitions(source: pg.Client, target: pg.Client): Promise<void> {
  const partitions = await readPartitions(source);
  await target.query("begin");
  await target.query(lockPartitionsStatement);
  const existing = new Set((await readPartitions(target)).map(({ name }) => name));
  for (const { parent, name, bound, key } of partitions.filter((each) => !existing.has(each.name))) {
    const [quotedParent, quoted] = [target.escapeIdentifier(parent), target.escapeIdentifier(name)];
    const partitioned = key === null ? "" : ` partition by ${key}`;
    await target.query(`create table ${quoted} (like ${quotedParent} including all)${partitioned}`);
    await target.query(`alter table ${quotedParent} attach partition ${quoted} ${bound}`);
  }
  await target.query("commit");
}
