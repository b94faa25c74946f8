import type { DeliverySettings } from "#webhooks/endpoints/index.ts";
import type { LaneStore } from "#webhooks/engine/index.ts";
import type { AttemptCounter } from "#webhooks/statistics/index.ts";
import { Lane } from "../../src/webhooks/engine/lane.ts";
import { ReceiverHosts } from "../../src/webhooks/engine/receiver-host.ts";

export const settings: DeliverySettings = {
  endpointId: 1,
  isDefault: false,
  eventSource: "https://acme-admin.example",
  url: "https://receiver.test/",
  urlMasked: "https://receiver.test/",
  urlCipher: Buffer.alloc(0),
  headers: {},
  secrets: [],
  retryWaitsSeconds: [1],
  success: "200",
  timeoutSeconds: 5,
  maxInFlight: null,
  maxPerSecond: null,
  active: true,
  state: "enabled",
  version: 1,
  sentSettingsId: 1,
  previousSecretSeconds: null,
};

export const claimed = {
  endpointId: 1,
  providerId: 1,
  epoch: 1,
  claimedIn: 1,
  unanswered: 0,
  lifts: 0,
  failingSeconds: null,
  failedAttempts: 0,
  rateSeconds: 0,
};

/** Statistics that ignore every attempt. */
export const noStatistics: AttemptCounter = { count: () => undefined, doubt: () => undefined };

/** Returns a lane that was just claimed. */
export const newLane = (): Lane => new Lane(claimed, settings, new ReceiverHosts(8), 0);

export const unused = (): never => {
  throw new Error("The test does not expect this call.");
};

/** A store that fails on every call. */
export const unusedStore: LaneStore = {
  register: unused,
  unregister: unused,
  heartbeat: unused,
  findDueLanes: unused,
  claim: unused,
  verifyOwnership: unused,
  release: unused,
  readSettings: unused,
  sampleTransactions: unused,
  readDue: unused,
  readRuns: unused,
  disableEndpoint: unused,
  settle: unused,
};
