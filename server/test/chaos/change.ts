/** A change that a client asked for, and what it knows of it. */
export interface Change {
  readonly type: ChangeType;
  /** Unique in the run. What is created or updated carries it. */
  readonly marker: string;
  /** Unknown for a sign-up that was not acknowledged. */
  readonly accountId?: number;
  readonly objectId?: number;
  readonly fate: Fate;
  /** By the wall clock. */
  readonly sentMs: number;
  /** When its fate was known, or that there would be no answer. */
  readonly answeredMs: number;
}

export type ChangeType = `${"account" | "user" | "application"}.${"created" | "updated" | "deleted"}`;

/** `unknown`: it was sent, and no answer said whether it was made. */
export type Fate = "made" | "refused" | "unknown";
