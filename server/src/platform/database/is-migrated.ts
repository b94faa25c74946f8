import { directorySchema } from "./cells.ts";
import type { Database } from "./database.ts";
import { readMigrationFiles } from "./migration-files.ts";
import { migrationFolders } from "./migrate.ts";

const cellStatement = "select name from migrations";
const directoryStatement = `select name from ${directorySchema}.migrations`;

/** Whether the database has every migration that this program knows. */
export async function isMigrated(db: Database): Promise<boolean> {
  const hasAll = async (folder: URL, statement: string): Promise<boolean> => {
    const applied = new Set((await db.query<{ name: string }>(statement)).map(({ name }) => name));
    return (await readMigrationFiles(folder)).every(({ name }) => applied.has(name));
  };
  return (await hasAll(migrationFolders.directory, directoryStatement)) && hasAll(migrationFolders.cell, cellStatement);
}
