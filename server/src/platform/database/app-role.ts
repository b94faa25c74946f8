import pg from "pg";

/** The role of the product in the database: not a superuser, owner of nothing. */
export const appRole = "bellwire_app";

const alreadyThere = new Set(["42710", "23505"]); // the second when two databases of one server ask in the same instant
const notPermitted = "42501";

/**
 * Creates the role if it does not exist. Returns whether the connected user may act as it. Roles are shared by all databases of
 * a server, so it may exist already.
 */
export async function ensureAppRole(client: pg.Client): Promise<boolean> {
  const {
    rows: [found],
  } = await client.query("select from pg_roles where rolname = $1", [appRole]);
  if (!found && !(await isDone(client, `create role ${appRole}`, alreadyThere))) return false;
  return (await mayActAsApp(client)) || isDone(client, `grant ${appRole} to current_user`, new Set());
}

/** Tables without updates and deletes. Retention drops them by the day, through functions of the schema owner. */
const appendOnly = new Set(["audit_records", "events", "payloads", "attempts"]);

/** Tables that only functions of the owner access. */
const ownersOnly = new Set(["id_keys"]);

/**
 * Grants the rights of the role in `schema`, also on future tables. Only the schema owner can. Partitions of the history are
 * read-only: rights on the parent suffice, and rights on a partition would allow changes of events. Only what differs is
 * written, in one transaction, because every start comes here: 90 grants of their own took a tenth of a second.
 */
export async function grantToAppRole(client: pg.Client, schema: string): Promise<void> {
  const values = [schema, appRole];
  const {
    rows: [found],
  } = await client.query<SchemaRights>(schemaStatement, values);
  if (!found?.isOwned) return;
  const name = pg.escapeIdentifier(schema);
  const { rows: tables } = await client.query<TableRights>(tablesStatement, values);
  const statements = [
    ...(found.isComplete && found.defaults.toSorted().join() === defaultRights.join() ? [] : grantsOnSchema(name)),
    ...tables.flatMap((table) => grantsOnTable(name, table)),
  ];
  if (statements.length > 0) await client.query(statements.join(";\n"));
}

interface SchemaRights {
  readonly isOwned: boolean;
  /** The role has its rights on the schema, its sequences and its functions. */
  readonly isComplete: boolean;
  /** Its rights on future objects: the kind of object in `pg_default_acl`, and the right. */
  readonly defaults: readonly string[];
}

const defaultRights = ["S SELECT", "S USAGE", "f EXECUTE", "r SELECT"];

// Without `offset`, PostgreSQL checked the privilege on each of its own 3,400 functions first: 17 ms, twice in each start.
const schemaStatement = `
  select pg_has_role(nspowner, 'usage') as "isOwned",
    has_schema_privilege($2, oid, 'usage')
      and not exists (
        select from pg_class where relnamespace = space.oid and relkind = 'S'
          and not (has_sequence_privilege($2, oid, 'usage') and has_sequence_privilege($2, oid, 'select')))
      and not exists (
        select from (select oid from pg_proc where pronamespace = space.oid offset 0) of_schema
        where not has_function_privilege($2, oid, 'execute')
      ) as "isComplete",
    array(
      select defaclobjtype::text || ' ' || privilege_type
      from pg_default_acl cross join lateral aclexplode(defaclacl)
      where defaclnamespace = space.oid and defaclrole = current_user::regrole and grantee = $2::regrole
    ) as defaults
  from pg_namespace space
  where nspname = $1`;

const grantsOnSchema = (name: string): readonly string[] => [
  `grant usage on schema ${name} to ${appRole}`,
  `grant usage, select on all sequences in schema ${name} to ${appRole}`,
  `grant execute on all functions in schema ${name} to ${appRole}`,
  `alter default privileges in schema ${name} grant select on tables to ${appRole}`,
  `alter default privileges in schema ${name} revoke insert, update, delete on tables from ${appRole}`,
  `alter default privileges in schema ${name} grant usage, select on sequences to ${appRole}`,
  `alter default privileges in schema ${name} grant execute on functions to ${appRole}`,
];

interface TableRights {
  readonly table: string;
  readonly isDay: boolean;
  /** The rights that the role has. */
  readonly rights: readonly string[];
}

// Reads only those partitions that an older version made writable, as there may be hundreds.
const tablesStatement = `
  select relname as table, "isDay",
    array(select lower(privilege_type) from aclexplode(relacl) where grantee = $2::regrole) as rights
  from (
    select oid, relname, relacl, relispartition or relname ~ '^(events|payloads|deliveries|attempts)_[0-9]{8}' as "isDay"
    from pg_class
    where relnamespace = $1::regnamespace and relkind in ('r', 'p')
  ) relation
  where not "isDay" or has_table_privilege($2, oid, 'insert, update, delete')`;

function grantsOnTable(schema: string, { table, isDay, rights }: TableRights): readonly string[] {
  const needed = isDay ? (["select"] as const) : rightsOn(table);
  const missing = needed.filter((right) => !rights.includes(right));
  const surplus = allRights.filter((right) => !needed.includes(right) && rights.includes(right));
  const name = `${schema}.${pg.escapeIdentifier(table)}`;
  return [
    ...(missing.length > 0 ? [`grant ${missing.join(", ")} on ${name} to ${appRole}`] : []),
    ...(surplus.length > 0 ? [`revoke ${surplus.join(", ")} on ${name} from ${appRole}`] : []),
  ];
}

const allRights = ["select", "insert", "update", "delete"] as const;

function rightsOn(table: string): readonly (typeof allRights)[number][] {
  if (ownersOnly.has(table)) return [];
  if (table === "migrations") return ["select"];
  return appendOnly.has(table) ? ["select", "insert"] : allRights;
}

async function mayActAsApp(client: pg.Client): Promise<boolean> {
  const {
    rows: [may],
  } = await client.query<{ may: boolean }>("select pg_has_role($1, 'set') as may", [appRole]);
  return may?.may ?? false;
}

async function isDone(client: pg.Client, statement: string, fineCodes: ReadonlySet<string>): Promise<boolean> {
  try {
    await client.query(statement);
    return true;
  } catch (error) {
    const code = error instanceof pg.DatabaseError ? (error.code ?? "") : "";
    if (fineCodes.has(code)) return true;
    if (code === notPermitted) return false;
    throw error;
  }
}
