/** A change that a client requested, and its outcome as far as the client knows it. */
export interface Change {
  readonly type: ChangeType;
  /** Unique in the run. Created and updated objects carry it. */
  readonly marker: string;
  /** Unknown for a sign-up that was not acknowledged. */
  readonly accountId?: number;
  readonly objectId?: number;
  readonly outcome: ChangeOutcome;
  /** By the wall clock. */
  readonly sentMs: number;
  /** When the answer came, or the client stopped waiting for one. */
  readonly answeredMs: number;
}

export type ChangeType = `${"account" | "user" | "application"}.${"created" | "updated" | "deleted"}`;

/** `unknown`: the request was sent, but no response confirmed a commit or a rejection. */
export type ChangeOutcome = "committed" | "refused" | "unknown";
