import { chmod, chown, mkdir, readFile, realpath, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { CannotStart } from "../errors.ts";
import { readFileIfExists, readOrCreateFile } from "../files.ts";
import { randomBase32 } from "../ids.ts";

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
export async function commonFolder(user: UnprivilegedUser): Promise<string> {
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
