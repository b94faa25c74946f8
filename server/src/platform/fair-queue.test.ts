import { expect, test } from "vitest";
import { createFairQueue, FairSlots, QueueFull, type Turn } from "./fair-queue.ts";

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

/** Takes slots for names, in order. Returns the names that have one. */
function takeSlots(slots: FairSlots) {
  const started: string[] = [];
  const take = async (name: string, turn: Turn): Promise<void> => {
    await slots.take(turn);
    started.push(name);
  };
  return { started, take };
}

test("a group of the second level leaves slots to others, which need not wait for it", async () => {
  const slots = new FairSlots(() => ({ all: 4, ofGroup: 3 }));
  const { started, take } = takeSlots(slots);
  for (const number of [1, 2, 3, 4, 5]) void take(`acme ${number}`, ["requests", "acme", `net${number}`]);
  void take("other", ["requests", "other", "net9"]);
  await settled();
  expect(started).toEqual(["acme 1", "acme 2", "acme 3", "other"]);
  void take("own", ["own"]);
  slots.release(["requests", "other", "net9"]);
  await settled();
  expect(started.slice(4)).toEqual(["own"]);
  slots.release(["own"]);
  await settled();
  expect(started.slice(5), "no slot of others").toEqual([]);
  slots.release(["requests", "acme", "net1"]);
  await settled();
  expect([started.slice(5), slots.waiting]).toEqual([["acme 4"], 1]);
});

test("work that has waited too long is refused, and takes no slot", async () => {
  const slots = new FairSlots(() => ({ all: 1, ofGroup: 1 }));
  expect(slots.take(["requests", "acme", "net1"])).toBeUndefined();
  const late = slots.take(["requests", "other", "net2"], { ms: 1, error: () => new Error("late") });
  await expect(late).rejects.toThrow("late");
  expect(slots.waiting).toBe(0);
  slots.release(["requests", "acme", "net1"]);
  expect(slots.take(["requests", "third", "net3"]), "a slot at once").toBeUndefined();
});

test("more slots are given to waiting work", async () => {
  const counts = { all: 1, ofGroup: 1 };
  const slots = new FairSlots(() => counts);
  const { started, take } = takeSlots(slots);
  for (const name of ["a", "b", "c"]) void take(name, [name]);
  await settled();
  expect(started).toEqual(["a"]);
  counts.all = 3;
  slots.startWaiting();
  await settled();
  expect(started).toEqual(["a", "b", "c"]);
});
