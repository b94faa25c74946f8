import { expect, test } from "vitest";
import type { LaneToRead } from "#webhooks/deliveries/index.ts";
import { newLane } from "../../../test/support/build-lane.ts";
import { HandDrivenClock } from "../../../test/support/hand-driven-clock.ts";
import { DueReader } from "./due-reader.ts";

// A transaction that commits between a read and a sample would be skipped if the sample counted for that read.
test("the cursor moves as far as the horizon before the read, whatever a parallel sample returns", async () => {
  const clock = new HandDrivenClock();
  const read: LaneToRead[] = [];
  const store = {
    sampleTransactions: async () => ({ at: clock.now().toISOString(), oldestRunning: 7n, nextToStart: 7n }),
    readRuns: async () => [],
    readDue: async (lanes: readonly LaneToRead[]) => {
      read.push(...lanes);
      await Promise.resolve(); // the sample comes first
      return [];
    },
  };
  const reader = new DueReader({ store, clock }, () => undefined);
  const lane = newLane();
  const times: string[] = [];
  for (let poll = 0; poll < 4; poll += 1) {
    times.push(clock.now().toISOString());
    lane.polls.pollNow();
    reader.request(lane);
    await reader.read(1);
    await clock.advance(1000);
  }
  expect(read.map(({ after }) => after.dueAt)).toEqual(["-infinity", "-infinity", times[0], times[1]]);
});
