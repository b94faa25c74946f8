import pg from "pg";

/** Who the product is to the database: not a superuser, and the owner of nothing. */
export const appRole = "bellwire_app";

const alreadyThere = new Set(["42710", "23505"]); // the second when two databases of one server ask in the same instant
const notPermitted = "42501";

/**
 * Makes the role if need be and says whether the connected user may act as it. A server's roles are shared by all its
 * databases, so it may well be there already.
 */
export async function ensureAppRole(client: pg.Client): Promise<boolean> {
  const {
    rows: [found],
  } = await client.query("select from pg_roles where rolname = $1", [appRole]);
  if (!found && !(await isDone(client, `create role ${appRole}`, alreadyThere))) return false;
  return (await mayActAsApp(client)) || isDone(client, `grant ${appRole} to current_user`, new Set());
}

/** What the role may do in `schema`, now and with tables to come. Only the schema's owner can say so. */
export async function grantToAppRole(client: pg.Client, schema: string): Promise<void> {
  const {
    rows: [owned],
  } = await client.query("select from pg_namespace where nspname = $1 and pg_has_role(nspowner, 'usage')", [schema]);
  if (!owned) return;
  const name = pg.escapeIdentifier(schema);
  await client.query(`
    grant usage on schema ${name} to ${appRole};
    grant select, insert, update, delete on all tables in schema ${name} to ${appRole};
    grant usage, select on all sequences in schema ${name} to ${appRole};
    grant execute on all functions in schema ${name} to ${appRole};
    revoke insert, update, delete on ${name}.migrations from ${appRole};
    alter default privileges in schema ${name} grant select, insert, update, delete on tables to ${appRole};
    alter default privileges in schema ${name} grant usage, select on sequences to ${appRole};
    alter default privileges in schema ${name} grant execute on functions to ${appRole}`);
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
