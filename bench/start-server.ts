import { spawn } from "node:child_process";
import { once } from "node:events";
import { openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { machineMs } from "./machine-clock.ts";
import { secretKey, type BenchDatabase } from "./open-database.ts";
import { allowedTargets } from "./set-up-portal.ts";

const bellwire = fileURLToPath(new URL("../server/bin/bellwire", import.meta.url));
/** A first start of the web role may build pages. */
const readyWithinMs = 120_000;
let started = 0;

export interface BenchServer extends AsyncDisposable {
  /** Of the web role. */
  readonly origin: string;
  readonly pid: number;
  readonly logFile: string;
  /** The most memory that it has had at once, in bytes. */
  memoryMax(): number;
}

/** `bellwire serve` in a role, as an operator runs it: a process of its own, with its log lines in a file. */
export async function startServer(database: BenchDatabase, role: "web" | "engine"): Promise<BenchServer> {
  started += 1;
  const logFile = join(database.folder, `${role}-${started}.log`);
  const child = spawn(process.execPath, [bellwire, "serve", "--role", role], {
    env: {
      PATH: process.env.PATH,
      PORT: "0",
      DATABASE_URL: database.appUrl,
      BELLWIRE_DATA_DIR: database.folder,
      BELLWIRE_SECRET_KEY: secretKey.toString("base64"),
      BELLWIRE_ALLOWED_TARGETS: allowedTargets,
    },
    stdio: ["ignore", "pipe", openSync(logFile, "w")],
  });
  const { stdout } = child;
  if (!stdout) throw new Error("Its output is a pipe.");
  let said = "";
  stdout.on("data", (chunk: Buffer) => (said += chunk.toString()));
  const untilMs = machineMs() + readyWithinMs;
  let ready: RegExpExecArray | null = null;
  while (!ready) {
    if (child.exitCode !== null || machineMs() > untilMs) {
      child.kill("SIGKILL");
      throw new Error(
        `bellwire serve --role ${role} is not ready: ${said}\n${readFileSync(logFile, "utf8").slice(-2000)}`,
      );
    }
    await Promise.race([once(stdout, "data"), once(child, "exit")]);
    ready = /^bellwire (?:engine )?ready ?(\S*)/m.exec(said);
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
