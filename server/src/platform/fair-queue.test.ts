import fc from "fast-check";
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
  const patient = slots.take(["requests", "other", "net2"]);
  await expect(late).rejects.toThrow("late");
  expect(slots.waiting).toBe(1);
  slots.release(["requests", "acme", "net1"]);
  await patient;
  slots.release(["requests", "other", "net2"]);
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

const turns: readonly Turn[] = [
  ["requests", "acme", "net1"],
  ["requests", "acme", "net2"],
  ["requests", "other", "net1"],
  ["own"],
];

interface Taking {
  readonly turn: Turn;
  readonly number: number;
}

/** Slots, and who has one or waits for one as the caller sees it. */
function modelOfSlots(limits: { all: number; ofGroup: number }) {
  const slots = new FairSlots(() => limits);
  const [running, waiting, refused]: [Taking[], Taking[], Taking[]] = [[], [], []];
  let taken = 0;
  const move = (taking: Taking, to: Taking[]): void => {
    const place = waiting.indexOf(taking);
    if (place >= 0) waiting.splice(place, 1);
    to.push(taking);
  };
  const take = (turn: Turn): void => {
    const taking = { turn, number: (taken += 1) };
    const promise = slots.take(turn);
    if (!promise) return void running.push(taking);
    waiting.push(taking);
    promise.then(
      () => move(taking, running),
      () => move(taking, refused),
    );
  };
  const release = (place: number): void => {
    const [ended] = running.splice(place % Math.max(1, running.length), 1);
    if (ended) slots.release(ended.turn);
  };
  const countOf = (takings: readonly Taking[], path: Turn): number =>
    takings.filter(({ turn }) => path.every((name, level) => turn[level] === name)).length;
  return { slots, running, waiting, refused, take, release, countOf };
}

const commands = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.record({ take: fc.nat(turns.length - 1) }) },
    { weight: 2, arbitrary: fc.record({ release: fc.nat(10) }) },
    { weight: 1, arbitrary: fc.constant({ refuse: true as const }) },
  ),
  { maxLength: 60, size: "max" },
);

test("slots are never exceeded, never idle while somebody may take one, and given in order within a group", async () => {
  const limits = { all: 3, ofGroup: 2 };
  const run = fc.asyncProperty(commands, async (all) => {
    const { slots, running, waiting, refused, take, release, countOf } = modelOfSlots(limits);
    const hasShare = ({ turn }: Taking): boolean =>
      turn.length > 1 && countOf(running, turn.slice(0, 2)) >= limits.ofGroup;
    for (const command of all) {
      const before = [...waiting];
      if ("take" in command) take(turns[command.take] ?? []);
      else if ("release" in command) release(command.release);
      else slots.refuseNewestOfLargest(new Error("full"));
      await settled();
      expect(slots.waiting).toBe(waiting.length);
      expect(running.length).toBeLessThanOrEqual(limits.all);
      for (const { turn } of running)
        if (turn.length > 1) expect(countOf(running, turn.slice(0, 2))).toBeLessThanOrEqual(limits.ofGroup);
      if (running.length < limits.all) expect(waiting.filter((one) => !hasShare(one))).toEqual([]);
      const started = before.filter((one) => running.includes(one));
      for (const one of started) expect(before.find(({ turn }) => turn === one.turn)?.number).toBe(one.number);
      const last = refused.at(-1);
      if (!("refuse" in command) || before.length === 0) continue;
      expect(last?.number).toBe(before.findLast(({ turn }) => turn === last?.turn)?.number);
      for (const level of [1, 2]) {
        const path = (last?.turn ?? []).slice(0, level);
        const beside = before.filter(({ turn }) => path.slice(0, -1).every((name, at) => turn[at] === name));
        for (const { turn } of beside)
          expect(countOf(before, path)).toBeGreaterThanOrEqual(countOf(before, turn.slice(0, level)));
      }
    }
    for (let left = running.length + waiting.length; left > 0; left -= 1) {
      release(0);
      await settled();
    }
    expect([running.length, waiting.length, slots.waiting]).toEqual([0, 0, 0]);
  });
  await fc.assert(run);
});
