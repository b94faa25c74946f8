import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { makeDataDir } from "../support/data-dir.ts";
import { makeEmptyDataDir } from "../support/empty-data-dir.ts";
import { postmasterOf } from "../support/processes.ts";
import { inOneProcess } from "../support/start-bellwire.ts";
import { until } from "../support/until.ts";

const bellwire = fileURLToPath(new URL("../../bin/bellwire", import.meta.url));

test("a command whose output pipe closes early exits with 0 and prints no error", () => {
  // The pipe is closed before anything is written to it.
  const script = '"$0" "$1" config | true; echo "${PIPESTATUS[0]}"';
  for (let time = 0; time < 3; time += 1) {
    const { stdout, stderr } = spawnSync("bash", ["-c", script, process.execPath, bellwire], { encoding: "utf8" });
    expect([stdout, stderr]).toEqual(["0\n", ""]);
  }
});

test.runIf(existsSync("/dev/full"))("a command whose output a full disk does not take exits with 1 and says so", () => {
  const script = 'exec "$0" "$1" "$2" >/dev/full';
  for (const command of ["help", "config"]) {
    const { status, stderr } = spawnSync("sh", ["-c", script, process.execPath, bellwire, command], {
      encoding: "utf8",
    });
    expect([status, stderr]).toEqual([
      1,
      "bellwire: The output cannot be written: ENOSPC: no space left on device, write\n",
    ]);
  }
});

test.runIf(existsSync("/dev/full"))("a command stops its database after its output was lost", async () => {
  await using folder = await makeDataDir();
  const env = { PATH: process.env["PATH"], BELLWIRE_DATA_DIR: folder.path };
  const script = 'exec "$0" "$1" cell list >/dev/full'; // it prints two lines while it uses the database
  const { status, stderr } = spawnSync("sh", ["-c", script, process.execPath, bellwire], { env, encoding: "utf8" });
  expect([status, stderr]).toEqual([
    1,
    "bellwire: The output cannot be written: ENOSPC: no space left on device, write\n",
  ]);
  expect(await postmasterOf(folder.path)).toBeUndefined();
});

test("a command whose warnings nobody reads completes and stops its database", async () => {
  await using folder = await makeDataDir();
  await using backups = await makeEmptyDataDir();
  const env = { PATH: process.env["PATH"], BELLWIRE_DATA_DIR: folder.path };
  const args = [bellwire, "backup", "--to", backups.path];
  const command = spawn(process.execPath, args, { env, stdio: ["ignore", "ignore", "pipe"] });
  command.stderr.destroy();
  expect(await once(command, "close")).toEqual([0, null]);
  expect(await postmasterOf(folder.path)).toBeUndefined();
});

test.runIf(existsSync("/dev/full"))("a server whose output is on a full disk serves, and stops with 0", async () => {
  await using folder = await makeDataDir();
  const env = { PATH: process.env["PATH"], PORT: "0", BELLWIRE_DATA_DIR: folder.path, ...inOneProcess };
  const script = 'exec "$0" "$1" serve >/dev/full';
  const server = spawn("sh", ["-c", script, process.execPath, bellwire], { env, stdio: ["ignore", "pipe", "pipe"] });
  const ended = new Promise((resolve) => server.on("close", resolve));
  let log = "";
  server.stderr.on("data", (chunk: Buffer) => (log += chunk.toString()));
  const url = await until(() => /listening at (http:\/\/[\d.:]+)/.exec(log)?.[1], { withinMs: 40_000 });
  await until(async () => (await fetch(`${url}/readyz`)).ok);
  server.kill();
  expect(await ended).toBe(0);
});
