import { expect, test } from "vitest";
import { countedAttempt } from "../../../test/support/counted-attempt.ts";
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
const counts = new LaneCounts();
counts.add(countedAttempt());
const uncertain: LaneToWrite = { ...owner, known: undefined };
const doubtful: LaneToWrite = { ...uncertain, base: undefined };

const report = { endpointId: 1, epoch: 7, released: false, countedIn: 100, isLeaving: false };
const ofPredecessor = { ...report, epoch: 6 };
const released = { ...ofPredecessor, released: true };
/** Every transaction up to this one has ended. */
const ended = 150;

const recount = (through: number) => ({ kind: "recount", range: { endpointId: 1, after: 100, through } });

test.for([
  ["consecutive counts are added", owner, report, { kind: "add" }],
  [
    "counts of a provider that leaves the cell are postponed",
    owner,
    { ...report, isLeaving: true },
    { kind: "skip", result: "again" },
  ],
  ["counts after a complete release are added", newOwner, released, { kind: "add" }],
  ["after a killed owner, attempts before the claim are recounted", newOwner, ofPredecessor, recount(110)],
  [
    "a claim by the last transaction that has ended is recounted",
    { ...newOwner, base: 150 },
    ofPredecessor,
    recount(150),
  ],
  ["counts from the claim on are added", { ...newOwner, counts }, { ...released, countedIn: 110 }, { kind: "add" }],
  [
    "after a killed owner, a transaction from before the claim is awaited",
    { ...newOwner, base: 151 },
    ofPredecessor,
    { kind: "skip", result: "again" },
  ],
  [
    "counts after a release are postponed if attempts after the claim were recounted, too",
    { ...newOwner, counts },
    { ...released, countedIn: 115 },
    { kind: "skip", result: "again" },
  ],
  [
    "an owner without attempts continues a recount beyond its claim",
    newOwner,
    { ...released, countedIn: 115 },
    { kind: "add" },
  ],
  [
    "after an owner without writes, attempts before the claim are recounted",
    newOwner,
    { ...released, epoch: 5 },
    recount(110),
  ],
  [
    "after a write with unknown result, attempts before the later counts are recounted",
    uncertain,
    report,
    recount(100),
  ],
  [
    "counts that contradict the database are dropped",
    owner,
    { ...report, countedIn: 90 },
    { kind: "skip", result: "again" },
  ],
  [
    "counts without a known start are postponed while an attempt is in flight",
    { ...doubtful, state: { ...idleLane, inFlight: 1 } },
    report,
    { kind: "skip", result: "again" },
  ],
  [
    "all recorded attempts of an idle lane are recounted, which may stay with its owner for long",
    { ...doubtful, through: 150 },
    report,
    recount(150),
  ],
  [
    "the last attempts of an idle lane are waited for while an earlier transaction runs",
    { ...doubtful, through: 151 },
    report,
    { kind: "skip", result: "again" },
  ],
  ["counts of a former owner are dropped", owner, { ...report, epoch: 8 }, { kind: "skip", result: "lost" }],
  ["counts of a deleted lane are dropped", owner, undefined, { kind: "skip", result: "lost" }],
] as const)("%s", ([, lane, stored, step]) => {
  expect(stepOf(lane, stored, ended)).toEqual(step);
});
