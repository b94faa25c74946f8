import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Registry } from "prom-client";
import { composeEngine } from "../server/src/app/engine-role.ts";
import { systemClock } from "../server/src/platform/clock.ts";
import { createLogger } from "../server/src/platform/logger.ts";
import type { Lookup } from "../server/src/platform/network/target-guard.ts";
import type { Tracing } from "../server/src/platform/telemetry/tracing.ts";
import { createSender } from "../server/src/webhooks/attempts/index.ts";
import { familyOf, kill, postmasterOf } from "../server/test/support/processes.ts";
import { type BenchDatabase, beforeInterrupt, secretKey } from "./database.ts";
import { machineMs, treeCpuSeconds } from "./measuring.ts";
import { allowedHere, allowedTargets, lookupHere } from "./portal.ts";

/** Starts an engine in this process, with the product's target guard, windows, metrics and log lines. */
export async function startEngineHere(
  database: BenchDatabase,
  inFlightMax: number,
  { lookup = lookupHere(), tracing }: { readonly lookup?: Lookup; readonly tracing?: Tracing | undefined } = {},
): Promise<AsyncDisposable> {
  await using opened = new AsyncDisposableStack();
  const pool = opened.use(await database.openAppPool());
  const connectionsMax = inFlightMax;
  const sender = opened.use(
    createSender({
      clock: systemClock,
      userAgent: "Bellwire/bench",
      allowed: allowedHere(),
      lookup,
      connectionsMax,
    }),
  );
  const log = createLogger("info", join(database.folder, "engine.log"));
  const { encryption } = database;
  opened.use(
    await composeEngine({
      pool,
      clock: systemClock,
      encryption,
      sender,
      log,
      metrics: new Registry(),
      inFlightMax,
      disableAfterDays: 0,
      drainMs: () => 12_000,
      tracing,
    }),
  );
  return opened.move();
}

const bellwire = fileURLToPath(new URL("../server/bin/bellwire", import.meta.url));
/** Maximum time of a start. The first start of the web role may build pages. */
const readyWithinMs = 120_000;
let started = 0;

export interface BenchServer extends AsyncDisposable {
  /** URL of the web role. */
  readonly origin: string;
  readonly pid: number;
  readonly logFile: string;
  /** Peak memory, in bytes. */
  memoryMax(): number;
}

/** Runs `bellwire serve` with one role or both, with its log in a file. */
export async function startServer(
  database: BenchDatabase,
  role: "web" | "engine" | "both",
  settings: Readonly<Record<string, string>> = {},
): Promise<BenchServer> {
  started += 1;
  const logFile = join(database.folder, `${role}-${started}.log`);
  const options = role === "both" ? [] : ["--role", role];
  const child = spawn(process.execPath, [bellwire, "serve", ...options], {
    env: {
      PATH: process.env.PATH,
      PORT: "0",
      DATABASE_URL: database.appUrl,
      BELLWIRE_DATA_DIR: database.folder,
      BELLWIRE_SECRET_KEY: secretKey.toString("base64"),
      BELLWIRE_ALLOWED_TARGETS: allowedTargets,
      ...settings,
    },
    stdio: ["ignore", "pipe", openSync(logFile, "w")],
  });
  const { stdout } = child;
  if (!stdout) throw new Error("The output of the process is not a pipe.");
  let output = "";
  stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const untilMs = machineMs() + readyWithinMs;
  let ready: RegExpExecArray | null = null;
  while (!ready) {
    if (child.exitCode !== null || machineMs() > untilMs) {
      child.kill("SIGKILL");
      throw new Error(
        `bellwire serve ${options.join(" ")} is not ready: ${output}\n${readFileSync(logFile, "utf8").slice(-2000)}`,
      );
    }
    await Promise.race([once(stdout, "data"), once(child, "exit")]);
    ready = /^bellwire (?:engine )?ready ?(\S*)/m.exec(output);
  }
  const pid = child.pid ?? 0;
  return {
    origin: ready[1] ?? "",
    pid,
    logFile,
    memoryMax: () => Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) * 1024,
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null) return;
      const ended = once(child, "exit");
      child.kill("SIGTERM");
      await ended;
    },
  };
}

const program = fileURLToPath(new URL("../server/bin/bellwire", import.meta.url));

/** Values of BELLWIRE_ENGINE_PROCESS. */
export type EngineProcess = "own" | "shared";

/** Runs `bellwire serve` with both roles and an embedded database in a new folder, with its log in a file. */
export class Bellwire implements AsyncDisposable {
  readonly #folder = mkdtempSync(join(tmpdir(), "bellwire-busy-"));
  readonly #mode: EngineProcess;
  readonly #token: string;
  #child: ChildProcess | undefined;

  constructor(mode: EngineProcess, token: string) {
    this.#mode = mode;
    this.#token = token;
    beforeInterrupt(() => void this.#child?.kill());
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
    if (!stdout) throw new Error("The output of the process is not a pipe.");
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

  /** Processor time of both roles and of PostgreSQL, a child of the first process. */
  async cpuSeconds(): Promise<{ readonly bellwire: number; readonly postgres: number }> {
    const postgres = treeCpuSeconds((await postmasterOf(this.#databaseFolder())) ?? 0);
    return { bellwire: treeCpuSeconds(this.#child?.pid ?? 0) - postgres, postgres };
  }

  /** Kills all processes, including PostgreSQL. */
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

  /** Differs from the data directory if PostgreSQL's user cannot access that. */
  #databaseFolder(): string {
    try {
      return readFileSync(join(this.#folder, "postgres-location"), "utf8").trim();
    } catch {
      return this.#folder;
    }
  }
}
