import { expect, test } from "vitest";
import { runAll } from "./housekeeping.ts";

test("a part of housekeeping that fails stops no other one", async () => {
  const done: string[] = [];
  const warned: string[] = [];
  const part = (name: string) => async () => void done.push(name);
  const busy = async () => Promise.reject(new Error("the table is busy"));
  const parts = {
    signal: AbortSignal.any([]),
    log: { warn: (_: object, text?: string) => void warned.push(text ?? "") },
  };

  expect(await runAll(parts, [part("days"), busy, part("mails")])).toBe(false);
  expect(done).toEqual(["days", "mails"]);
  expect(warned).toEqual(["a part of housekeeping failed; trying again later"]);
  expect(await runAll(parts, [part("jobs")])).toBe(true);
});

test("housekeeping begins no other part once the process stops", async () => {
  const stop = new AbortController();
  const done: string[] = [];
  const log = { warn: expect.unreachable };
  const parts = [async () => stop.abort(), async () => void done.push("late")];
  expect(await runAll({ signal: stop.signal, log }, parts)).toBe(false);
  expect(done).toEqual([]);
});
