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
 * read-only: rights on the parent suffice, and rights on a partition would allow changes of events.
 */
export async function grantToAppRole(client: pg.Client, schema: string): Promise<void> {
  const {
    rows: [owned],
  } = await client.query("select from pg_namespace where nspname = $1 and pg_has_role(nspowner, 'usage')", [schema]);
  if (!owned) return;
  const name = pg.escapeIdentifier(schema);
  await client.query(`
    grant usage on schema ${name} to ${appRole};
    grant usage, select on all sequences in schema ${name} to ${appRole};
    grant execute on all functions in schema ${name} to ${appRole};
    alter default privileges in schema ${name} grant select on tables to ${appRole};
    alter default privileges in schema ${name} revoke insert, update, delete on tables from ${appRole};
    alter default privileges in schema ${name} grant usage, select on sequences to ${appRole};
    alter default privileges in schema ${name} grant execute on functions to ${appRole}`);
  const { rows } = await client.query<{ table: string; isDay: boolean }>(tablesStatement, [schema]);
  for (const { table, isDay } of rows) {
    const it = `${name}.${pg.escapeIdentifier(table)}`;
    const rights = isDay ? (["select"] as const) : rightsOn(table);
    const others = allRights.filter((right) => !rights.includes(right));
    if (rights.length > 0) await client.query(`grant ${rights.join(", ")} on ${it} to ${appRole}`);
    if (others.length > 0) await client.query(`revoke ${others.join(", ")} on ${it} from ${appRole}`);
  }
}

const allRights = ["select", "insert", "update", "delete"] as const;

function rightsOn(table: string): readonly (typeof allRights)[number][] {
  if (ownersOnly.has(table)) return [];
  if (table === "migrations") return ["select"];
  return appendOnly.has(table) ? ["select", "insert"] : allRights;
}

// Changes only partitions that an older version made writable, as there may be hundreds.
const tablesStatement = `
  select relation.relname as table, relation.isday as "isDay"
  from (
    select oid, relname, relispartition or relname ~ '^(events|payloads|deliveries|attempts)_[0-9]{8}' as isday
    from pg_class
    where relnamespace = $1::regnamespace and relkind in ('r', 'p')
  ) relation
  where not isday or has_table_privilege('${appRole}', relation.oid, 'insert, update, delete')`;

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
