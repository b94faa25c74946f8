import type { DeliverySettings } from "#webhooks/endpoints/index.ts";
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
};

export const taken = {
  endpointId: 1,
  epoch: 1,
  unanswered: 0,
  lifts: 0,
  failingSeconds: null,
  failedAttempts: 0,
  rateSeconds: 0,
};

/** Returns a lane that was just claimed. */
export const newLane = (): Lane => new Lane(taken, settings, new ReceiverHosts(8), 0);
