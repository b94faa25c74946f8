import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

/** Endless runs of a wrong number of minutes or rounds are ended, and fail. */
const timeoutMs = 20_000;

test.each([
  "chaos/run.ts x",
  "chaos/run.ts 0",
  "chaos/run.ts 1 seed",
  "chaos/run.ts 1 5 nothing",
  "package/run-move-drill.ts x",
  "package/run-move-drill.ts 0",
  "package/run-move-drill.ts 1 seed",
  "package/run-failover-drill.ts x",
  "package/run-failover-drill.ts 1 asynchron",
  "package/run-failover-drill.ts 1 synchronous 17",
  "package/run-failover-drill.ts 1 synchronous 18 pool",
])("%s is refused with the usage, instead of a run without a fault that passes", (command) => {
  const [program = "", ...args] = command.split(" ");
  const path = fileURLToPath(new URL(`../${program}`, import.meta.url));
  const { status, stderr } = spawnSync(process.execPath, [path, ...args], { encoding: "utf8", timeout: timeoutMs });
  expect([status, stderr]).toEqual([2, expect.stringMatching(/^usage: npm run /)]);
});
