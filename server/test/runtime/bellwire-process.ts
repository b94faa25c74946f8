import { spawn, spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { until } from "../support/until.ts";

const main = fileURLToPath(new URL("../../src/main.ts", import.meta.url));
/** A first start makes a database and may build pages, on a machine that does other things as well. */
const startMs = 60_000;
const stopMs = 30_000;

/** An empty data directory, removed after the test together with the server that a failed test leaves running in it. */
export async function newDataDir(): Promise<string> {
  const dataDir = await mkdtemp(join(tmpdir(), "bellwire-runtime-"));
  onTestFinished(async () => {
    const pid = await postmasterOf(dataDir);
    if (pid !== undefined) kill(pid, "SIGQUIT");
    await until(async () => pid === undefined || !isAlive(pid));
    await rm(dataDir, { recursive: true, force: true });
  });
  return dataDir;
}

/** The process that the file of a database names, dead or alive. */
export async function postmasterOf(dataDir: string): Promise<number | undefined> {
  const text = await readFile(join(dataDir, "postgres", "postmaster.pid"), "utf8").catch(() => undefined);
  return text === undefined ? undefined : Number(text.split("\n")[0]);
}

/** A process that has ended and waits for its parent to notice does not count. */
export function isAlive(pid: number): boolean {
  return /^[^Z]/.test(spawnSync("ps", ["-o", "stat=", "-p", String(pid)], { encoding: "utf8" }).stdout.trim());
}

export function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (isAlive(pid)) throw error;
  }
}

/** Bellwire as an operator starts it: a process of its own, the leader of its group, as in a terminal. */
export class BellwireProcess {
  readonly #child;
  #stdout = "";
  #stderr = "";
  /** With the exit code, or the signal that ended it. */
  readonly ended: Promise<number | string>;

  constructor(args: readonly string[], env: Readonly<Record<string, string>>) {
    this.#child = spawn(process.execPath, [main, ...args], {
      detached: true,
      env: { PATH: process.env["PATH"], PORT: "0", ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#child.stdout.on("data", (chunk: Buffer) => (this.#stdout += chunk.toString()));
    this.#child.stderr.on("data", (chunk: Buffer) => (this.#stderr += chunk.toString()));
    this.ended = new Promise((resolve) => this.#child.on("close", (code, signal) => resolve(code ?? signal ?? "")));
    onTestFinished(() => this.signal("SIGKILL"));
  }

  get stdout(): string {
    return this.#stdout;
  }

  get stderr(): string {
    return this.#stderr;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** To the whole group, as Ctrl-C does it. */
  signal(signal: NodeJS.Signals): void {
    if (this.#child.exitCode === null && this.#child.signalCode === null) process.kill(-this.pid, signal);
  }

  /** The address in the ready line. */
  async ready(): Promise<string> {
    await until(() => this.#stdout.includes("ready") || this.#child.exitCode !== null, { withinMs: startMs });
    const url = /^bellwire ready (http:\/\/\S+)$/m.exec(this.#stdout)?.[1];
    if (url === undefined && !this.#stdout.includes("bellwire engine ready")) {
      throw new Error(`It is not ready:\n${this.#stdout}${this.#stderr}`);
    }
    return url ?? "";
  }

  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<number | string> {
    this.signal(signal);
    await until(() => this.#child.exitCode !== null, { withinMs: stopMs });
    return this.ended;
  }
}

export function serve(dataDir: string, env: Readonly<Record<string, string>> = {}, ...args: string[]): BellwireProcess {
  return new BellwireProcess(["serve", ...args], { BELLWIRE_DATA_DIR: dataDir, ...env });
}
