/** What an attempt came to, ready to be written. */
export interface Settlement {
  readonly endpointId: number;
  readonly epoch: number;
  readonly eventId: string;
  /** 1-based, over all rounds. */
  readonly number: number;
  readonly at: Date;
  readonly status: number | null;
  readonly error: string | null;
  readonly latencyMs: number;
  readonly responseHeaders: Readonly<Record<string, string>> | null;
  readonly responseBody: Uint8Array | null;
  readonly orderingKey: string | null;
  readonly end: "delivered" | "failed" | null;
  /** Null when it ended. Counted from the commit's clock, the database's. */
  readonly retryAfterSeconds: number | null;
  /** Where it went, encrypted: kept with a failure. */
  readonly url: Uint8Array | null;
}
