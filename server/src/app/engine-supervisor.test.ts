import { expect, test } from "vitest";
import type { ToEngine } from "./engine-process.ts";
import { HintBacklog } from "./engine-supervisor.ts";

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

  for (const confirm of waiting.splice(0)) confirm();
  expect(sent.slice(201)).toEqual([{ kind: "hints", channel: "due", values: [] }]);
  for (const confirm of waiting.splice(0)) confirm();
  backlog.pass("own/due-rows", ["rows"]);
  expect(sent).toHaveLength(203);
});
