import pg from "pg";

export const appRole = "bellwire_app";
const database = "bellwire";

/** Makes the product's role and database if they are not there yet. The caller holds the lock. */
export async function ensureAppDatabase(
  ownerUrlOf: (database: string) => string,
  appPassword: string,
): Promise<string> {
  const client = new pg.Client({ connectionString: ownerUrlOf("postgres") });
  client.on("error", () => undefined);
  await client.connect();
  try {
    const {
      rows: [role],
    } = await client.query("select from pg_roles where rolname = $1", [appRole]);
    if (!role) await client.query(`create role ${appRole} login password ${pg.escapeLiteral(appPassword)}`);
    const {
      rows: [found],
    } = await client.query("select from pg_database where datname = $1", [database]);
    if (!found) await client.query(`create database ${database}`);
    return database;
  } finally {
    await client.end();
  }
}
