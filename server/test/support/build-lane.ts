import type { DueDelivery, LaneToRead } from "#webhooks/deliveries/index.ts";
import { type DeliverySettings, exampleSettings } from "#webhooks/endpoints/index.ts";
import type { LaneStore } from "#webhooks/engine/index.ts";
import type { AttemptCounter } from "#webhooks/statistics/index.ts";
import { Lane } from "../../src/webhooks/engine/lane.ts";
import { ReceiverHosts } from "../../src/webhooks/engine/receiver-host.ts";

export const settings: DeliverySettings = {
  ...exampleSettings(),
  endpointId: 1,
  isDefault: false,
  eventSource: "https://acme-admin.example",
  url: "https://receiver.test/",
  urlMasked: "https://receiver.test/",
  urlSecrets: [],
  urlCipher: Buffer.alloc(0),
  secrets: [],
  retryWaitsSeconds: [1],
  success: "200",
  timeoutSeconds: 5,
  maxPerSecond: null,
  version: 1,
  sentSettingsId: 1,
  previousSecretSeconds: null,
};

export const claimed = {
  endpointId: 1,
  providerId: 1,
  epoch: 1,
  formerThrough: 1,
  unanswered: 0,
  lifts: 0,
  failingSeconds: null,
  failedAttempts: 0,
  rateSeconds: 0,
};

/** Statistics that ignore every attempt. */
export const noStatistics: AttemptCounter = { count: () => undefined, recount: () => undefined };

/** Returns a lane that was just claimed. */
export const newLane = (): Lane => new Lane(claimed, settings, new ReceiverHosts(8), 0);

export const busy = {
  kind: "answered",
  status: 429,
  headers: { "retry-after": "1" },
  body: Buffer.alloc(0),
  latencyMs: 1,
} as const;

export const answered = { ...busy, status: 200, headers: {} };

/** A lane whose receiver has responded at once. */
export function newQuickLane(): Lane {
  const lane = newLane();
  lane.learn(answered, 0);
  return lane;
}

/** An unordered delivery whose change has the time at which it is due. */
export const due = (eventId: string, dueAt: string): DueDelivery => ({
  endpointId: 1,
  eventId,
  dueAt,
  orderingKey: null,
  attemptsMade: 0,
  roundStart: 0,
  retriedAt: "-infinity",
  replay: 0,
  format: "json",
  body: Buffer.alloc(0),
  context: {
    type: "account.created",
    objectId: 1,
    accountId: 1,
    time: dueAt,
    sequence: 1,
    actor: "system",
    channel: "bellwire_api",
  },
  endpointVersion: 1,
  isFollowed: false,
});

export const upTo = (horizon: string) => ({ horizon, nowMs: 0 });

export function beginRead(lane: Lane, nowMs: number): LaneToRead {
  const read = lane.beginRead(nowMs);
  if (!read) throw new Error("the lane reads nothing");
  return read;
}

/** Polls a lane; the next poll is due a second later. */
export function poll(lane: Lane, atMs: number, rows: readonly DueDelivery[] = []): void {
  const read = beginRead(lane, atMs);
  lane.polls.begin(atMs, atMs + 1000);
  lane.endRead(rows, read, upTo("20"));
  lane.polled();
}

export const unused = (): never => {
  throw new Error("The test does not expect this call.");
};

/** A store that fails on every call, except for one that each claim makes. */
export const unusedStore: LaneStore = {
  register: unused,
  stopClaims: unused,
  unregister: unused,
  heartbeat: unused,
  findDueLanes: unused,
  claim: unused,
  verifyOwnership: unused,
  findRecorded: unused,
  release: unused,
  readSettings: unused,
  sampleTransactions: async () => ({ at: "-infinity", oldestRunning: 2n, nextToStart: 2n }),
  readDue: unused,
  readRuns: unused,
  disableEndpoint: unused,
  settle: unused,
};
