import { spawn, type ChildProcess } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { until } from "./until.ts";

const main = fileURLToPath(new URL("../../src/main.ts", import.meta.url));

export interface Bellwire extends AsyncDisposable {
  readonly url: string;
  readonly pid: number;
  /** All that it has said so far. */
  readonly said: string;
  /** How to sign in, as it was printed at the first start. */
  signIn(): Promise<SignIn>;
  /** Ends it as a crash would: no process of it gets to do anything. */
  kill(): Promise<void>;
}

export interface SignIn {
  readonly binUrl: string;
  readonly username: string;
  readonly password: string;
  readonly accessToken: string;
  readonly providerKey: string;
}

export interface BellwireOptions {
  readonly dataDir: string;
  readonly arguments?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

/** A folder that is gone when the test is. */
export async function makeDataDir(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), "bellwire-test-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** Bellwire as a user starts it: a process of its own, on an embedded PostgreSQL and a free port. */
export async function startBellwire(options: BellwireOptions): Promise<Bellwire> {
  const child = spawn(process.execPath, [main, ...(options.arguments ?? ["serve"])], {
    env: { PATH: process.env["PATH"], PORT: "0", BELLWIRE_DATA_DIR: options.dataDir, ...options.environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const output = listenTo(child);
  const url = await until(() => /^bellwire (?:engine )?ready ?(\S*)/m.exec(output.said) ?? ended(child, output), {
    withinMs: 120_000,
  });
  return {
    url: url[1] ?? "",
    pid: child.pid ?? 0,
    get said() {
      return output.said;
    },
    signIn: () => readSignIn(options.dataDir),
    kill: () => end(child, "SIGKILL"),
    [Symbol.asyncDispose]: () => end(child, "SIGTERM"),
  };
}

function listenTo(child: ChildProcess): { readonly said: string } {
  const output = { said: "" };
  for (const stream of [child.stdout, child.stderr])
    stream?.on("data", (chunk: Buffer) => (output.said += chunk.toString()));
  return output;
}

function ended(child: ChildProcess, output: { readonly said: string }): undefined {
  if (child.exitCode !== null) throw new Error(`Bellwire ended with ${child.exitCode} and said:\n${output.said}`);
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = new Promise((resolve) => child.once("exit", resolve));
  child.kill(signal);
  await exited;
}

async function readSignIn(dataDir: string): Promise<SignIn> {
  const text = await readFile(join(dataDir, "first-sign-in"), "utf8");
  const find = (pattern: RegExp): string => pattern.exec(text)?.[1] ?? "";
  return {
    binUrl: find(/(http\S+\/bins\/\S+)\/view/),
    username: find(/\((\S+) \/ /),
    password: find(/ \/ (\S+)\)/),
    accessToken: find(/access token\s+(\S+)/),
    providerKey: find(/provider key\s+(\S+)/),
  };
}
