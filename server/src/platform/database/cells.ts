import type pg from "pg";

/** Lies outside of every cell: which provider lives in which one. */
export const directorySchema = "bellwire_directory";

/** Enters the cell in the directory, whose function gives the ids of all cells. */
export async function registerCell(client: pg.Client, schema: string, cell: number): Promise<void> {
  await client.query(
    `insert into ${directorySchema}.cells (number, schema_name)
     select $1::smallint, $2::text
     where not exists (select from ${directorySchema}.cells where number = $1 and schema_name = $2)`,
    [cell, schema],
  );
}
