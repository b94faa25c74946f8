import { expect, test } from "vitest";
import { HandDrivenClock } from "../../../test/support/hand-driven-clock.ts";
import { Lease } from "./lease.ts";

const ignore = (): void => undefined;

test("an engine without a database for days keeps the id that owns its lanes, and few others", async () => {
  const calls: (readonly string[])[] = [];
  let isAway = false;
  const store = {
    register: async (_id: string, formerIds: readonly string[]): Promise<void> => {
      calls.push(formerIds);
      if (isAway) throw new Error("away");
    },
    heartbeat: async () => true,
  };
  const log = { attempt: ignore, notMade: ignore, warn: ignore };
  const lease = new Lease({ store, log, clock: new HandDrivenClock(), leaseMs: 10_000 }, "owner");
  await lease.register("owner");
  isAway = true;
  for (let index = 0; index < 1000; index += 1) await lease.register(`id-${index}`).catch(() => undefined);
  isAway = false;
  await lease.register("next");
  const last = calls.at(-1) ?? [];
  expect(last.length).toBeLessThan(200);
  expect([last[0], last.at(-1)]).toEqual(["owner", "id-999"]);
  await lease.register("later");
  expect(calls.at(-1)).toEqual(["next"]);
});
