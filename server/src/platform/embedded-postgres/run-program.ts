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
const programEnvironment = { LC_ALL: "C", TZ: "UTC" };

/** In a process group of its own, so that Ctrl-C reaches us alone, and in a folder that everybody may enter. */
export const programOptions = ({ user }: RunOptions) => ({
  detached: true,
  cwd: "/",
  env: programEnvironment,
  ...(user && { uid: user.uid, gid: user.gid }),
});

/**
 * Until it has a group of its own, a child belongs to ours and hears what is meant for us: Ctrl-C in that instant ends it
 * before it has begun.
 */
export const isMeantForUs = (signal: NodeJS.Signals | null): boolean =>
  signal === "SIGINT" || signal === "SIGTERM" || signal === "SIGHUP";

/** More than one such instant in a row is no accident. */
const triesMax = 3;

/** Runs a program to its end. Never rejects. */
export async function run(program: string, args: readonly string[], options: RunOptions): Promise<ProgramEnd> {
  for (let tries = 1; ; tries += 1) {
    const { signal, ...end } = await runOnce(program, args, options);
    if (!isMeantForUs(signal) || tries === triesMax) return end;
  }
}

type SignalledEnd = ProgramEnd & { readonly signal: NodeJS.Signals | null };

async function runOnce(program: string, args: readonly string[], options: RunOptions): Promise<SignalledEnd> {
  const { promise, resolve } = Promise.withResolvers<SignalledEnd>();
  const child = spawn(program, args, { ...programOptions(options), stdio: ["ignore", "pipe", "pipe"] });
  const said: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => said.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => said.push(chunk));
  child.on("error", (error: NodeJS.ErrnoException) => {
    resolve({ isFine: false, isDenied: error.code === "EACCES", words: error.message, signal: null });
  });
  child.on("close", (code, signal) => {
    const words = Buffer.concat(said).toString().trim() || `it ended with ${signal ?? `code ${code}`}`;
    resolve({ isFine: code === 0, isDenied: words.includes("Permission denied"), words, signal });
  });
  return promise;
}
