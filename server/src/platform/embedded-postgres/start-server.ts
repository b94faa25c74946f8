import { spawn } from "node:child_process";
import { open, readFile, rename, stat } from "node:fs/promises";
import { join } from "node:path";
import { systemClock } from "#platform/clock/clock.ts";
import { CannotStart } from "#platform/config/cannot-start.ts";
import type { Place } from "./choose-place.ts";
import { explain } from "./explain-failure.ts";
import { findPostmaster, removeStaleFiles } from "./postmaster.ts";
import { isMeantForUs, programOptions } from "./run-program.ts";
import { serverSettings } from "./server-settings.ts";

/** The log tells of starts, stops and crashes only: one of 1 MiB is old, and one more is kept. */
const logBytesMax = 1024 * 1024;
const lookEveryMs = 20;
/** Recovery after a crash may take a while; whoever waits hears of it. */
const tellEveryMs = 10_000;
/** What a server says that a signal to us has ended before it began. */
const hushed = "it was ended by a signal";
/** How long processes of a server that was killed may still hold its memory. */
const leftoversMs = 15_000;

interface StartNeeds {
  readonly place: Place;
  readonly binaries: string;
  readonly socketFolder: string;
  readonly say: (line: string) => void;
}

/** Starts the server and resolves once it accepts connections. It outlives us: whoever comes next finds it running. */
export async function startServer(needs: StartNeeds): Promise<void> {
  const deadlineMs = systemClock.monotonicMs() + leftoversMs;
  for (;;) {
    const lastWords = await startOnce(needs);
    if (lastWords === undefined) return;
    const mayPass = lastWords === hushed || lastWords.includes("pre-existing shared memory block");
    if (!mayPass || systemClock.monotonicMs() > deadlineMs) {
      throw new CannotStart(`The embedded PostgreSQL in ${needs.place.folder} did not start: ${explain(lastWords)}`);
    }
    await systemClock.sleep(200);
  }
}

/** Undefined when it runs, else what it said before it ended. */
async function startOnce({ place, binaries, socketFolder, say }: StartNeeds): Promise<string | undefined> {
  const pgData = join(place.folder, "postgres");
  await removeStaleFiles(pgData, socketFolder);
  const logPath = join(place.folder, "postgres.log");
  const logStart = await rotate(logPath);
  await using log = await open(logPath, "a", 0o600);
  const settings = Object.entries(serverSettings(socketFolder)).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const server = spawn(join(binaries, "postgres"), ["-D", pgData, ...settings], {
    ...programOptions(place),
    stdio: ["ignore", log.fd, log.fd],
  });
  server.unref();
  let failure: string | undefined;
  server.on("error", (error) => (failure = error.message));
  server.on("exit", (_code, signal) => (failure ??= isMeantForUs(signal) ? hushed : "")); // else the log has the reason

  let tellAtMs = systemClock.monotonicMs() + tellEveryMs;
  while (failure === undefined) {
    if ((await findPostmaster(pgData))?.state === "ready") return undefined;
    if (systemClock.monotonicMs() > tellAtMs) {
      say("the embedded database is still starting: after a crash it first replays what it had written down");
      tellAtMs += tellEveryMs;
    }
    await systemClock.sleep(lookEveryMs);
  }
  return failure || (await readFile(logPath)).subarray(logStart).toString();
}

/** Where in the log the coming start begins. */
async function rotate(logPath: string): Promise<number> {
  const size = (await stat(logPath).catch(() => undefined))?.size ?? 0;
  if (size <= logBytesMax) return size;
  await rename(logPath, `${logPath}.1`);
  return 0;
}
