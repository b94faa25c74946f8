import type { Transaction } from "#platform/database/database.ts";

// Two that take one subdomain at once: the second waits for the first to commit, and then inserts nothing.
const statement = `
  insert into bellwire_directory.tenants (subdomain, cell_number)
  select $1, number from bellwire_directory.cells where schema_name = current_schema()
  on conflict (subdomain) do nothing
  returning provider_id as "providerId"`;

/** Gives a new provider its id, and its subdomain a way to this cell. Undefined if the subdomain is taken. */
export async function insertTenant(tx: Transaction, subdomain: string): Promise<number | undefined> {
  const [tenant] = await tx.query<{ providerId: number }>(statement, [subdomain]);
  return tenant?.providerId;
}
