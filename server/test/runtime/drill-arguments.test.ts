import { once } from "node:events";
import { text } from "node:stream/consumers";
import { Worker } from "node:worker_threads";
import { expect, test } from "vitest";
import { chaosArguments, failoverArguments, moveArguments } from "../support/drill-arguments.ts";

const drills = { chaos: chaosArguments, move: moveArguments, failover: failoverArguments };

test.each([
  ["chaos", "x"],
  ["chaos", "0"],
  ["chaos", "1 seed"],
  ["chaos", "1 5 nothing"],
  ["move", "x"],
  ["move", "0"],
  ["move", "1 seed"],
  ["failover", "x"],
  ["failover", "1 asynchron"],
  ["failover", "1 synchronous 17"],
  ["failover", "1 synchronous 18 pool"],
] as const)("the arguments of the drill %s are wrong: %s", (drill, args) => {
  expect(drills[drill].parse(args.split(" "))).toBeUndefined();
});

test("right arguments of the drills are read, and those left out have defaults", () => {
  expect(chaosArguments.parse(["0.5", "7", "any actions"])).toEqual({ minutes: 0.5, seed: 7, only: "any actions" });
  expect(chaosArguments.parse([])).toMatchObject({ minutes: 10, only: undefined });
  expect(moveArguments.parse(["3", "7"])).toEqual({ rounds: 3, seed: 7 });
  expect(failoverArguments.parse(["3", "asynchronous", "16", "pooled"])).toEqual({
    rounds: 3,
    standby: "asynchronous",
    version: 16,
    isPooled: true,
  });
  expect(failoverArguments.parse([])).toEqual({ rounds: 2, standby: "synchronous", version: 18, isPooled: false });
});

/** Runs a program in a thread of this process, which takes less than a process. */
async function runProgram(path: string, arg: string) {
  const worker = new Worker(new URL(`../../../${path}`, import.meta.url), { argv: [arg], execArgv: [], stderr: true });
  const [stderr, [status]] = await Promise.all([text(worker.stderr), once(worker, "exit")]);
  return [status, stderr];
}

test.each([
  ["server/test/chaos/run.ts", 2, /^usage: npm run chaos .*\n$/],
  ["server/test/package/run-move-drill.ts", 2, /^usage: npm run drill:move .*\n$/],
  ["server/test/package/run-failover-drill.ts", 2, /^usage: npm run drill:failover .*\n$/],
  ["bench/engine.ts", 1, /^engine has no case "x". It has: [a-z, -]+\.\n$/],
] as const)("%s refuses a wrong argument in words, instead of a run that passes", async (path, status, words) => {
  expect(await runProgram(path, "x")).toEqual([status, expect.stringMatching(words)]);
});
