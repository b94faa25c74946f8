import { expect, test } from "vitest";
import { LaneCounts } from "./counts.ts";
import { type LaneToWrite, idleLane, stepOf } from "./write-statistics.ts";

/** An owner of epoch 7 that has written up to transaction 100 and counted up to 120. */
const owner: LaneToWrite = {
  endpointId: 1,
  providerId: 1,
  epoch: 7,
  isReleased: false,
  state: idleLane,
  counts: new LaneCounts(),
  base: 100,
  through: 120,
  isFirstWrite: false,
  known: 100,
};
const newOwner: LaneToWrite = { ...owner, base: 110, isFirstWrite: true, known: undefined };
const uncertain: LaneToWrite = { ...owner, known: undefined };
const doubtful: LaneToWrite = { ...uncertain, base: undefined };

const report = { endpointId: 1, epoch: 7, released: false, countedIn: 100 };
const ofPredecessor = { ...report, epoch: 6 };
const released = { ...ofPredecessor, released: true };
/** Every transaction up to this one has ended. */
const ended = 150;

const recount = (through: number) => ({ kind: "recount", range: { endpointId: 1, after: 100, through } });

test.for([
  ["counts that continue those of the database are added", owner, report, { kind: "add" }],
  ["after a release that counted everything, counts are added", newOwner, released, { kind: "add" }],
  ["after an owner that was killed, everything before the claim is recounted", newOwner, ofPredecessor, recount(110)],
  ["after an owner that never wrote, it is recounted too", newOwner, { ...released, epoch: 5 }, recount(110)],
  [
    "after a write without a response, everything before the later counts is recounted",
    uncertain,
    report,
    recount(100),
  ],
  [
    "counts that the database contradicts are dropped",
    owner,
    { ...report, countedIn: 90 },
    { kind: "skip", result: "again" },
  ],
  ["without a beginning of the counts, nothing is decided", doubtful, report, { kind: "skip", result: "again" }],
  [
    "once the lane is released, all that is recorded is recounted",
    { ...doubtful, isReleased: true },
    report,
    recount(150),
  ],
  ["a later owner counts instead", owner, { ...report, epoch: 8 }, { kind: "skip", result: "lost" }],
  ["a lane that does not exist counts nothing", owner, undefined, { kind: "skip", result: "lost" }],
] as const)("%s", ([, lane, found, step]) => {
  expect(stepOf(lane, found, ended)).toEqual(step);
});
