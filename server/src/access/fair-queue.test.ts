import { expect, test } from "vitest";
import { createFairQueue, QueueFull, type Turn } from "./passwords.ts";

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Builds a queue of work that the test ends. Records started and refused work. */
function watchedQueue(limits: { slots?: number; waitingMax?: number }) {
  const queue = createFairQueue({ slots: 1, waitingMax: 100, retryAfterSeconds: 3, ...limits });
  const finish: (() => void)[] = [];
  const started: string[] = [];
  const refused: string[] = [];
  const add = (name: string, turn: Turn): void => {
    const work = (): Promise<void> => {
      started.push(name);
      return new Promise((resolve) => finish.push(resolve));
    };
    queue(turn, work).catch((error: unknown) => {
      if (!(error instanceof QueueFull)) throw error;
      refused.push(name);
    });
  };
  const finishAll = async (): Promise<void> => {
    for (let end = finish.shift(); end !== undefined; end = finish.shift()) {
      end();
      await settled();
    }
  };
  return { add, finishAll, started, refused };
}

test("concurrent work is limited to the slots, and the work of one group runs in order", async () => {
  const { add, finishAll, started } = watchedQueue({ slots: 2 });
  for (const name of ["a", "b", "c", "d"]) add(name, ["one"]);
  await settled();
  expect(started).toEqual(["a", "b"]);
  await finishAll();
  expect(started).toEqual(["a", "b", "c", "d"]);
});

test("providers take turns, and so do the networks of a provider", async () => {
  const { add, finishAll, started } = watchedQueue({});
  add("running", ["acme", "net0"]);
  for (const number of [1, 2, 3]) add(`acme net1 ${number}`, ["acme", "net1"]);
  add("acme net2", ["acme", "net2"]);
  add("other", ["other", "net9"]);
  await finishAll();
  expect(started).toEqual(["running", "acme net1 1", "other", "acme net2", "acme net1 2", "acme net1 3"]);
});

test("a full queue refuses only the newest work of the largest group", async () => {
  const { add, finishAll, started, refused } = watchedQueue({ waitingMax: 4 });
  add("running", ["acme", "net0"]);
  for (const number of [1, 2, 3]) add(`acme ${number}`, ["acme", `net${number}`]);
  add("other 1", ["other", "net9"]);
  add("other 2", ["other", "net9"]);
  add("acme 4", ["acme", "net4"]);
  await settled();
  expect(refused).toEqual(["acme 3", "acme 4"]);
  await finishAll();
  expect(started).toEqual(["running", "acme 1", "other 1", "acme 2", "other 2"]);
});

test("within the largest provider, a full queue refuses the newest work of the network with most work", async () => {
  const { add, finishAll, refused } = watchedQueue({ waitingMax: 3 });
  add("running", ["acme", "net0"]);
  for (const number of [1, 2, 3]) add(`flood ${number}`, ["acme", "flood"]);
  add("owner", ["acme", "home"]);
  await finishAll();
  expect(refused).toEqual(["flood 3"]);
});

test("failed work releases its slot", async () => {
  const queue = createFairQueue({ slots: 1, waitingMax: 1, retryAfterSeconds: 3 });
  await expect(queue([], () => Promise.reject(new Error("no")))).rejects.toThrow("no");
  expect(await queue([], async () => "yes")).toBe("yes");
});
