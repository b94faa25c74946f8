import { appRole } from "./app-role.ts";
import { connectToPrimary, DatabaseHosts } from "./connect.ts";

// What the connected user may not see is left out by pg_settings.
const settingsStatement = `
  select name, setting from pg_settings
  where name in ('server_version', 'fsync', 'synchronous_commit', 'full_page_writes', 'data_checksums', 'data_directory')
  order by name`;

const rolesStatement = `
  select current_user as "connectedAs",
    coalesce((select rolname from pg_roles where rolname = $1 and pg_has_role(oid, 'set')), current_user) as "actsAs"`;

/** What a running server says of itself, by name. */
export async function describeDatabase(connectionString: string): Promise<ReadonlyMap<string, string>> {
  const client = await connectToPrimary(new DatabaseHosts(connectionString), { connectionTimeoutMillis: 5000 });
  try {
    const { rows: settings } = await client.query<{ name: string; setting: string }>(settingsStatement);
    const {
      rows: [roles],
    } = await client.query<{ connectedAs: string; actsAs: string }>(rolesStatement, [appRole]);
    const found = new Map(settings.map(({ name, setting }) => [name, setting]));
    return roles ? found.set("connected as", roles.connectedAs).set("acts as", roles.actsAs) : found;
  } finally {
    await client.end().catch(() => undefined);
  }
}
