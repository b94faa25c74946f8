import { spawn } from "node:child_process";
import type { UnprivilegedUser } from "./unprivileged-user.ts";

export interface ProgramEnd {
  readonly isFine: boolean;
  /** The user may not run it, or not read what it needs. */
  readonly isDenied: boolean;
  /** What it said, or why it could not be run. */
  readonly words: string;
}

interface RunOptions {
  readonly user: UnprivilegedUser | undefined;
}

/** PGDATA, PGOPTIONS and their like are meant for other servers than ours. */
export const programEnvironment = { LC_ALL: "C", TZ: "UTC" };

/** In a process group of its own, so that Ctrl-C reaches us alone, and in a folder that everybody may enter. */
export const programOptions = ({ user }: RunOptions) => ({
  detached: true,
  cwd: "/",
  env: programEnvironment,
  ...(user && { uid: user.uid, gid: user.gid }),
});

/** Runs a program to its end. Never rejects. */
export async function run(program: string, args: readonly string[], options: RunOptions): Promise<ProgramEnd> {
  const { promise, resolve } = Promise.withResolvers<ProgramEnd>();
  const child = spawn(program, args, { ...programOptions(options), stdio: ["ignore", "pipe", "pipe"] });
  const said: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => said.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => said.push(chunk));
  child.on("error", (error: NodeJS.ErrnoException) => {
    resolve({ isFine: false, isDenied: error.code === "EACCES", words: error.message });
  });
  child.on("close", (code, signal) => {
    const words = Buffer.concat(said).toString().trim() || `it ended with ${signal ?? `code ${code}`}`;
    resolve({ isFine: code === 0, isDenied: words.includes("Permission denied"), words });
  });
  return promise;
}
