import type { CountedAttempt } from "#webhooks/statistics/index.ts";

/** A first attempt that delivered. */
export const countedAttempt = (overrides: Partial<CountedAttempt> = {}): CountedAttempt => ({
  eventType: "account.created",
  atMs: 0,
  number: 1,
  status: 200,
  errorClass: null,
  end: "delivered",
  latencyMs: 40,
  delayMs: 90,
  bytesSent: 1000,
  bytesReceived: 10,
  ...overrides,
});
