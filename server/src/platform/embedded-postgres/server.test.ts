import { spawn } from "node:child_process";
import { chmod, mkdtemp, realpath, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { HandDrivenClock } from "../../../test/support/hand-driven-clock.ts";
import { until } from "../../../test/support/until.ts";
import { makeSocketFolder, serverNameOf, settledPostmaster } from "./server.ts";

/** Makes a folder that seems to be that of a server which replays its log. */
async function makeStartingServer(): Promise<string> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), "bellwire-starting-")));
  onTestFinished(() => rm(folder, { recursive: true }));
  const program = "setTimeout(() => undefined, 100_000)";
  const server = spawn(process.execPath, ["-e", program, await serverNameOf(folder)], { stdio: "ignore" });
  onTestFinished(() => void server.kill());
  await writeFile(join(folder, "postmaster.pid"), `${server.pid}\n${folder}\n1\n5432\n\n\n1 1\nstarting\n`);
  return folder;
}

test("a server that recovers for long is reported every ten seconds, and a stop ends the wait for it", async () => {
  const folder = await makeStartingServer();
  const clock = new HandDrivenClock();
  const stop = new AbortController();
  const lines: string[] = [];
  const settled = settledPostmaster(folder, { printStatus: (line) => lines.push(line), stop: stop.signal }, clock);
  for (const seconds of [9, 10, 21]) {
    await until(() => clock.sleeping === 1);
    await clock.advance(seconds * 1000 - clock.monotonicMs());
    await until(() => lines.length === Math.floor(seconds / 10));
  }
  expect(lines[0]).toContain("the embedded database is still starting");
  stop.abort();
  await expect(settled).rejects.toBe(stop.signal.reason);
});

test("the folder of the socket is private, and one that others may enter is refused", async () => {
  const folder = await realpath(await mkdtemp(join(tmpdir(), "bellwire-socket-")));
  onTestFinished(() => rm(folder, { recursive: true }));
  const place = { folder, user: undefined };
  const made = await makeSocketFolder(place);
  expect([made, (await stat(made)).mode & 0o777]).toEqual([join(folder, "socket"), 0o700]);
  expect(await makeSocketFolder(place)).toBe(made);
  await chmod(made, 0o755);
  await expect(makeSocketFolder(place)).rejects.toThrow("Remove it and start again");
});
