/** `failed`: what is on the list of failures. `missing`: what there is no delivery for. `all`: these, and what had ended. */
export type ReplayKind = "failed" | "missing" | "all";

/** What is to be sent again to which endpoint. */
export interface ReplayRange {
  readonly providerId: number;
  readonly endpointId: number;
  /** Of the events; included. */
  readonly since: Date;
  /** Excluded. */
  readonly until: Date;
  /** Null: all. */
  readonly eventTypes: readonly string[] | null;
  readonly only: ReplayKind;
}

/** Deliveries, by what they were before. */
export interface ReplayCounts {
  readonly failed: number;
  readonly missing: number;
  readonly delivered: number;
  /** Cancelled, or failed and taken off the list. */
  readonly givenUp: number;
}

export interface Replay extends ReplayRange, ReplayCounts {
  readonly id: number;
  readonly state: "running" | "done" | "cancelled";
  /** Events up to this id have been dealt with. */
  readonly lastEvent: string;
  readonly createdAt: Date;
  readonly finishedAt: Date | null;
}

/** How much of the time that it is about has been worked through, from 0 to 1. */
export function progressOf({ state, since, until, lastEvent }: Replay): number {
  if (state === "done") return 1;
  const at = Number.parseInt(lastEvent.replaceAll("-", "").slice(0, 12), 16); // a UUIDv7 begins with its milliseconds
  const part = (at - since.getTime()) / Math.max(1, until.getTime() - since.getTime());
  return Math.min(1, Math.max(0, part));
}
