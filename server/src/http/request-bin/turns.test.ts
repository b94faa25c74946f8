import { expect, test } from "vitest";
import { Turns } from "./turns.ts";

test("jobs run in order and one at a time, and the event loop turns between them", async () => {
  const turns = new Turns();
  const log: string[] = [];
  let isOver = false;
  const turn = (): void => {
    log.push("turn");
    if (!isOver) setImmediate(turn);
  };
  setImmediate(turn);
  const jobs = ["a", "b", "c"].map((name) =>
    turns.run(async () => {
      log.push(`${name} begins`);
      await new Promise((resolve) => setTimeout(resolve, 1));
      log.push(`${name} ends`);
    }),
  );
  await Promise.all(jobs);
  isOver = true;
  const events = log.filter((it, at) => it !== "turn" || log[at - 1] !== "turn").join(", ");
  expect(events).toMatch(/a begins, turn, a ends, turn, b begins, turn, b ends, turn, c begins, turn, c ends$/);
});

test("a job that fails leaves the next one its turn", async () => {
  const turns = new Turns();
  const failing = turns.run(() => Promise.reject(new Error("no")));
  const next = turns.run(async () => "done");
  await expect(failing).rejects.toThrow("no");
  expect(await next).toBe("done");
});
