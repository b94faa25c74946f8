import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";

export interface MigrationFile {
  readonly name: string;
  readonly text: string;
  readonly checksum: string;
  /** Its head says `-- Breaking: …`: code that does not know it must not run on it. */
  readonly isBreaking: boolean;
}

/** The migrations of a folder in order. Their numbers run from 0001 without a gap, so that two of one number are seen. */
export async function readMigrationFiles(folder: URL): Promise<MigrationFile[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".sql")).toSorted();
  return Promise.all(
    names.map(async (name, index) => {
      const expected = String(index + 1).padStart(4, "0");
      if (!name.startsWith(`${expected}_`)) throw new Error(`Migration ${name} should be number ${expected}.`);
      const text = await readFile(new URL(name, folder), "utf8");
      const checksum = createHash("sha256").update(text).digest("hex");
      return { name, text, checksum, isBreaking: /^-- Breaking:/m.test(text) };
    }),
  );
}
