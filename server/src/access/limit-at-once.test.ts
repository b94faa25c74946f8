import { expect, test } from "vitest";
import { limitAtOnce } from "./limit-at-once.ts";

test("no more run at once than there are places, and all get their turn in order", async () => {
  const inTurn = limitAtOnce(2);
  const finish: (() => void)[] = [];
  const started: number[] = [];
  const all = [0, 1, 2, 3].map((number) =>
    inTurn(() => {
      started.push(number);
      return new Promise<void>((resolve) => finish.push(resolve));
    }),
  );

  await settled();
  expect(started).toEqual([0, 1]);
  finish[0]?.();
  await settled();
  expect(started).toEqual([0, 1, 2]);
  finish[1]?.();
  finish[2]?.();
  await settled();
  finish[3]?.();
  await Promise.all(all);
});

test("work that fails gives its place back", async () => {
  const inTurn = limitAtOnce(1);
  await expect(inTurn(() => Promise.reject(new Error("no")))).rejects.toThrow("no");
  expect(await inTurn(async () => "yes")).toBe("yes");
});

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
