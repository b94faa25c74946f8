import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { until } from "./until.ts";

const commandLine = fileURLToPath(new URL("../../bin/bellwire", import.meta.url));
/** A first start creates a database and may build the web pages, possibly on a busy machine. */
const startMs = 120_000;
const stopMs = 30_000;
/** Characters of output to keep. */
const outputMax = 1_000_000;

export interface SignIn {
  readonly binViewUrl: string;
  readonly username: string;
  readonly password: string;
  readonly accessToken: string;
  readonly providerKey: string;
}

interface ProcessOptions {
  /** The command line of another source tree. */
  readonly program?: string;
  /** Limit of open files. */
  readonly descriptors?: number;
  /** Kills the process on disposal, because a graceful stop takes a second. */
  readonly isKilledAtEnd?: boolean;
}

/** Bellwire as an operator starts it: a process that leads its own group, as in a terminal. */
export class BellwireProcess implements AsyncDisposable {
  readonly #child;
  readonly #isKilledAtEnd: boolean;
  #stdout = "";
  #stderr = "";
  /** The URL in the ready line. */
  url = "";
  /** Resolves with the exit code, or the signal that ended it. */
  readonly ended: Promise<number | string>;

  constructor(
    args: readonly string[],
    environment: Readonly<Record<string, string>>,
    { program = commandLine, descriptors, isKilledAtEnd = false }: ProcessOptions = {},
  ) {
    this.#isKilledAtEnd = isKilledAtEnd;
    // Gets the file of the first sign-in if the environment has no data directory. The default is that of the clone's own start.
    const dataDir = join(tmpdir(), `bellwire-process-${randomUUID()}`);
    const command = [process.execPath, program, ...args];
    const [file = "", ...rest] =
      descriptors === undefined ? command : ["sh", "-c", `ulimit -n ${descriptors} && exec "$@"`, "sh", ...command];
    this.#child = spawn(file, rest, {
      detached: true,
      env: { PATH: process.env["PATH"], PORT: "0", BELLWIRE_DATA_DIR: dataDir, ...environment },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#child.stdout.on(
      "data",
      (chunk: Buffer) => (this.#stdout = (this.#stdout + chunk.toString()).slice(-outputMax)),
    );
    this.#child.stderr.on(
      "data",
      (chunk: Buffer) => (this.#stderr = (this.#stderr + chunk.toString()).slice(-outputMax)),
    );
    this.ended = once(this.#child, "close").then(async ([code, signal]) => {
      await rm(dataDir, { recursive: true, force: true });
      return code ?? signal ?? "";
    });
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

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** Sends the signal to the whole group, like Ctrl-C. */
  signal(signal: NodeJS.Signals): void {
    if (!this.hasEnded) process.kill(-this.pid, signal);
  }

  async ready(): Promise<string> {
    await until(() => this.#stdout.includes("ready") || this.hasEnded, { withinMs: startMs });
    const url = /^bellwire ready (http:\/\/\S+)$/m.exec(this.#stdout)?.[1];
    if (url === undefined && !this.#stdout.includes("bellwire engine ready")) {
      throw new Error(`Bellwire is not ready:\n${this.#stdout}${this.#stderr}`);
    }
    this.url = url ?? "";
    return this.url;
  }

  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<number | string> {
    this.signal(signal);
    await until(() => this.hasEnded, { withinMs: stopMs });
    return this.ended;
  }

  /** Kills all of its processes, like a crash. */
  async kill(): Promise<void> {
    this.signal("SIGKILL");
    await this.ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // A killed process would leave behind a database that is still starting.
    const mayBeKilled = this.#isKilledAtEnd && this.#stdout.includes("ready");
    if (mayBeKilled) await this.kill();
    else await this.stop().catch(() => this.kill());
  }
}

/** Starts Bellwire on a data directory that the test removes, without waiting for it to be ready. */
export function serve(
  dataDir: string,
  environment: Readonly<Record<string, string>> = {},
  ...args: string[]
): BellwireProcess {
  const all = { BELLWIRE_DATA_DIR: dataDir, ...environment };
  return new BellwireProcess(["serve", ...args], all, { isKilledAtEnd: true });
}

/** For tests that are about neither of the two processes: a start takes two thirds of the time. */
export const inOneProcess = { BELLWIRE_ENGINE_PROCESS: "shared" };

export interface BellwireOptions {
  readonly dataDir: string;
  readonly environment?: Readonly<Record<string, string>>;
}

/** Starts Bellwire as one process on an embedded PostgreSQL and a free port, and waits until it is ready. */
export async function startBellwire({ dataDir, environment }: BellwireOptions): Promise<BellwireProcess> {
  const bellwire = serve(dataDir, { ...inOneProcess, ...environment });
  await bellwire.ready();
  return bellwire;
}

/** Returns the credentials that the first start printed. */
export async function readSignIn(dataDir: string): Promise<SignIn> {
  const text = await readFile(join(dataDir, "first-sign-in"), "utf8");
  const find = (pattern: RegExp): string => pattern.exec(text)?.[1] ?? "";
  return {
    binViewUrl: find(/(http\S+\/bins\/\S+\/view\S+)/),
    username: find(/\((\S+) \/ /),
    password: find(/ \/ (\S+)\)/),
    accessToken: find(/access token\s+(\S+)/),
    providerKey: find(/provider key\s+(\S+)/),
  };
}
