import pg from "pg";

/** Lies outside of every cell: which provider lives in which one. */
export const directorySchema = "bellwire_directory";

/** Ids that one cell may give: 2^40 in each of 4096 cells stays below 2^53, the last whole number that JavaScript knows. */
const idsOfOneCell = 2 ** 40;

/** Enters the cell in the directory, and lets its ids start where those of no other cell can come. */
export async function registerCell(client: pg.Client, schema: string, cell: number): Promise<void> {
  await client.query(
    `insert into ${directorySchema}.cells (number, schema_name)
     select $1::smallint, $2::text
     where not exists (select from ${directorySchema}.cells where number = $1 and schema_name = $2)`,
    [cell, schema],
  );
  const firstId = cell * idsOfOneCell + 1;
  const { rows: unused } = await client.query<{ name: string }>(
    "select sequencename as name from pg_sequences where schemaname = $1 and last_value is null and start_value <> $2",
    [schema, firstId],
  );
  for (const { name } of unused) {
    const sequence = `${pg.escapeIdentifier(schema)}.${pg.escapeIdentifier(name)}`;
    await client.query(`alter sequence ${sequence} start with ${firstId} restart`);
  }
}
