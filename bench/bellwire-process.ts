import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { treeCpuSeconds } from "./cpu-seconds.ts";
import { familyOf, kill, postmasterOf } from "../server/test/support/processes.ts";

const program = fileURLToPath(new URL("../server/bin/bellwire", import.meta.url));

/** Values of BELLWIRE_ENGINE_PROCESS. */
export type EngineProcess = "own" | "shared";

/** `bellwire serve` as an operator runs it, with both roles and an embedded database in a new folder. Logs go to a file. */
export class Bellwire implements AsyncDisposable {
  readonly #folder = mkdtempSync(join(tmpdir(), "bellwire-busy-"));
  readonly #mode: EngineProcess;
  readonly #token: string;
  #child: ChildProcess | undefined;

  constructor(mode: EngineProcess, token: string) {
    this.#mode = mode;
    this.#token = token;
  }

  /** Resolves with the API's address once Bellwire is ready. */
  async start(): Promise<string> {
    const logFile = join(this.#folder, "log");
    const log = openSync(logFile, "a");
    const child = spawn(process.execPath, [program, "serve"], {
      detached: true,
      env: {
        PATH: process.env.PATH,
        PORT: "0",
        BELLWIRE_DATA_DIR: this.#folder,
        BELLWIRE_ACCESS_TOKEN: this.#token,
        BELLWIRE_TRY_OUT: "off",
        BELLWIRE_ENGINE_PROCESS: this.#mode,
      },
      stdio: ["ignore", "pipe", log],
    });
    closeSync(log);
    this.#child = child;
    const { stdout } = child;
    if (!stdout) throw new Error("Its output is a pipe.");
    let output = "";
    for await (const chunk of stdout.iterator({ destroyOnReturn: false })) {
      output += String(chunk);
      const origin = /^bellwire ready (\S+)/m.exec(output)?.[1];
      if (origin === undefined) continue;
      stdout.resume();
      return origin;
    }
    throw new Error(`bellwire serve is not ready: ${output}\n${readFileSync(logFile, "utf8").slice(-2000)}`);
  }

  /** Processor time of both roles so far, and of PostgreSQL, which is a child of the first. */
  async cpuSeconds(): Promise<{ readonly bellwire: number; readonly postgres: number }> {
    const postgres = treeCpuSeconds((await postmasterOf(this.#databaseFolder())) ?? 0);
    return { bellwire: treeCpuSeconds(this.#child?.pid ?? 0) - postgres, postgres };
  }

  /** Kills all of its processes, PostgreSQL's included. */
  async kill(): Promise<void> {
    const pid = this.#child?.pid;
    const postmaster = await postmasterOf(this.#databaseFolder());
    if (!this.#child || pid === undefined || postmaster === undefined) throw new Error("Bellwire does not run.");
    const ended = once(this.#child, "exit");
    const family = [...(await familyOf(pid)), ...(await familyOf(postmaster))];
    for (const member of family) kill(member, "SIGKILL");
    await ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const databaseFolder = this.#databaseFolder();
    if (this.#child?.exitCode === null && this.#child.signalCode === null) {
      const ended = once(this.#child, "exit");
      this.#child.kill("SIGTERM");
      await ended;
    }
    for (const folder of new Set([this.#folder, databaseFolder])) rmSync(folder, { recursive: true, force: true });
  }

  /** Differs from the data directory if the user that PostgreSQL runs as cannot enter that. */
  #databaseFolder(): string {
    try {
      return readFileSync(join(this.#folder, "postgres-location"), "utf8").trim();
    } catch {
      return this.#folder;
    }
  }
}
