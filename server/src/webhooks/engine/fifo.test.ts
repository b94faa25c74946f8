import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { Fifo } from "./fifo.ts";

setFlagsFromString("--expose-gc");
const collectGarbage: () => void = runInNewContext("gc");

test("what went in first comes out first, whatever is put before it or added meanwhile", () => {
  const fifo = new Fifo<number>();
  const out: (number | undefined)[] = [];
  for (let number = 0; number < 100; number += 1) {
    fifo.push(number);
    if (number % 3 > 0) out.push(fifo.shift());
  }
  fifo.putFirst([-2, -1]);
  out.push(fifo.shift(), fifo.shift(), ...fifo.clear());
  expect(out).toEqual([
    ...Array.from({ length: 66 }, (_, index) => index),
    -2,
    -1,
    ...Array.from({ length: 34 }, (_, index) => 66 + index),
  ]);
  expect([fifo.length, fifo.shift()]).toEqual([0, undefined]);
});

test("what has left is not kept in memory, while others wait", async () => {
  const fifo = new Fifo<object>();
  const left = Array.from({ length: 30 }, () => {
    fifo.push({});
    fifo.push({});
    return new WeakRef(fifo.shift() ?? {});
  });
  await new Promise(setImmediate); // a WeakRef keeps its object until the turn is over
  collectGarbage();
  expect(left.filter((ref) => ref.deref() !== undefined)).toEqual([]);
  expect(fifo.length).toBe(30);
});
