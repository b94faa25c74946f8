import { readFile, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { CannotStart } from "#platform/config/cannot-start.ts";

/** Whom PostgreSQL runs as, when that is not us. */
export interface UnprivilegedUser {
  readonly uid: number;
  readonly gid: number;
  readonly name: string;
}

/** Present on nearly every system. None is ever made: that is the administrator's affair. */
const namesTried = ["nobody", "postgres", "daemon"];

/** PostgreSQL refuses to run as root, so that root needs somebody else; everybody else runs it himself (undefined). */
export async function unprivilegedUser(): Promise<UnprivilegedUser | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const users = (await readFile("/etc/passwd", "utf8")).split("\n").map((line) => line.split(":"));
  for (const wanted of namesTried) {
    const [name, , uid, gid] = users.find(([first]) => first === wanted) ?? [];
    // macOS writes nobody's number as -2.
    if (name && uid && gid && uid !== "0") return { name, uid: Number(uid) >>> 0, gid: Number(gid) >>> 0 };
  }
  throw new CannotStart(
    `PostgreSQL does not run as root, and there is none of the users ${namesTried.join(", ")} that it could run as. ` +
      "Start Bellwire as an ordinary user, or set DATABASE_URL.",
  );
}

/** Whether `user` may enter `folder`, which takes the right to pass through each folder above it. */
export async function mayEnter(user: UnprivilegedUser, folder: string): Promise<boolean> {
  const { uid, gid, mode } = await stat(folder);
  const passBit = uid === user.uid ? 0o100 : gid === user.gid ? 0o010 : 0o001;
  if ((mode & passBit) === 0) return false;
  const above = dirname(folder);
  return above === folder || mayEnter(user, above);
}
