import { Gauge, Registry } from "prom-client";
import { expect, test } from "vitest";
import type { ToEngine } from "./engine-process.ts";
import { HintBacklog, restartWaitMs, withMoreMetrics } from "./engine-supervisor.ts";

test("a stalled engine process receives at most 200 rows, and a hint to poll everything when it resumes", () => {
  const sent: ToEngine[] = [];
  const waiting: (() => void)[] = [];
  const backlog = new HintBacklog((message, onReceived) => {
    sent.push(message);
    waiting.push(onReceived);
  });
  for (let change = 0; change < 1000; change += 1) backlog.pass("own/due-rows", ["rows"]);
  expect(sent).toHaveLength(200);
  backlog.pass("endpoints", ["7"]);
  expect(sent.at(-1)).toEqual({ kind: "hints", channel: "endpoints", values: ["7"] });
  expect(sent).toHaveLength(201);

  waiting.shift()?.();
  expect(sent).toHaveLength(201); // it is still stalled
  for (const confirm of waiting.splice(0)) confirm();
  expect(sent.slice(201)).toEqual([{ kind: "hints", channel: "due", values: [] }]);
  for (const confirm of waiting.splice(0)) confirm();
  backlog.pass("own/due-rows", ["rows"]);
  expect(sent).toHaveLength(203);
});

test("an engine process that ends at once is restarted after 0.1 s, doubling to 10 s, and without a wait once it has run for a minute", () => {
  const waits: number[] = [];
  for (const ranMs of [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 60_000, 60_001, 0]) waits.push(restartWaitMs(waits.at(-1), ranMs));
  expect(waits).toEqual([0, 100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000, 10_000, 0, 100]);
});

test("a scrape of a process without cells and without an engine process reads each metric once", async () => {
  const own = new Registry();
  let reads = 0;
  const due: Gauge = new Gauge({
    name: "due",
    help: "Read from the database.",
    registers: [own],
    collect: (): void => due.set((reads += 1)),
  });
  const text = await withMoreMetrics(own, { cells: async () => [], engine: undefined }).metrics();
  expect([reads, text]).toEqual([1, "# HELP due Read from the database.\n# TYPE due gauge\ndue 1\n"]);
});
