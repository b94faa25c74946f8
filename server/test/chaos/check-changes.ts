import type { Change } from "./change.ts";
import type { LossWindow } from "./faults.ts";
import type { ListedEvent } from "./read-outcome.ts";

export interface CheckedChanges {
  /** Changes that were acknowledged. */
  readonly acknowledged: number;
  /** Acknowledged changes without their event. */
  readonly lost: readonly string[];
  /** Acknowledged ones without their event that an asynchronous standby did not have. */
  readonly lostByDesign: number;
  /** Every other contradiction. */
  readonly wrong: readonly string[];
}

/** Failovers explain lost changes and skipped numbers. */
export interface Failovers {
  readonly count: number;
  /** One for each failover to an asynchronous standby. */
  readonly windows: readonly LossWindow[];
}

const noFailovers: Failovers = { count: 0, windows: [] };

/** Processes and database use one clock, but with different precision. */
export const clockSlackMs = 50;

/**
 * Checks that each change has its events and that each event has a change. The outcome of `changes` is known by now, and whether
 * they were acknowledged; `markers` are the markers in the events, by event.
 */
export function checkChanges(
  changes: readonly (Change & { readonly isAcknowledged: boolean })[],
  events: readonly ListedEvent[],
  markers: ReadonlyMap<string, string | undefined>,
  failovers: Failovers = noFailovers,
): CheckedChanges {
  const committed = changes.filter(({ outcome }) => outcome === "committed");
  const deleted = new Set(
    committed.flatMap(({ type, objectId }) => (type.endsWith("deleted") ? [`${type} ${objectId}`] : [])),
  );
  const left = new Map<string, number>();
  for (const event of events) {
    const key = keyOf(event, markers.get(event.id), deleted);
    left.set(key, (left.get(key) ?? 0) + 1);
  }
  const take = (key: string): boolean => {
    const count = left.get(key) ?? 0;
    left.set(key, count - 1);
    return count > 0;
  };

  const lost: string[] = [];
  const wrong: string[] = [];
  const gone = new Set<Change>();
  for (const change of committed) {
    // An account's changes are sequential, so lost ones are known before its deletion.
    const expected = expectedOf(
      change,
      committed.filter((other) => !gone.has(other)),
    );
    const missing = expected.filter((key) => !take(key));
    if (missing.length === 0) continue;
    if (missing.length === expected.length && failovers.windows.some((window) => mayBeLost(change, window))) {
      gone.add(change);
      continue;
    }
    const sentence = `${change.type} ${change.marker} of account ${change.accountId} has no event: ${missing.join(", ")}`;
    (change.isAcknowledged ? lost : wrong).push(sentence);
  }
  for (const [key, count] of left) if (count > 0) wrong.push(`${count} events of no known change: ${key}`);
  return {
    acknowledged: changes.filter(({ isAcknowledged }) => isAcknowledged).length,
    lost,
    lostByDesign: changes.filter((change) => change.isAcknowledged && gone.has(change)).length,
    wrong: [...wrong, ...gaps(events, failovers.count)],
  };
}

/** Returns whether a change may have been committed after the last one that the standby replayed. */
function mayBeLost(change: Change & { readonly isAcknowledged: boolean }, window: LossWindow): boolean {
  if (change.answeredMs < window.replayedMs - clockSlackMs) return false;
  return change.isAcknowledged ? change.answeredMs <= window.movedMs : change.sentMs <= window.forgottenMs;
}

/** Created and updated objects are identified by their marker, deleted ones by their id or as a part of their account. */
function keyOf(event: ListedEvent, marker: string | undefined, deleted: ReadonlySet<string>): string {
  const ofObject = `${event.type} ${event.objectId}`;
  if (event.type.endsWith("deleted")) return deleted.has(ofObject) ? ofObject : `${event.type} in ${event.accountId}`;
  return marker === undefined ? `${event.type} in ${event.accountId}` : `${event.type} ${marker}`;
}

/** Returns the events of a change: a sign-up also creates a user and an application, an account is deleted with both. */
function expectedOf({ type, marker, accountId, objectId }: Change, committed: readonly Change[]): readonly string[] {
  if (type === "account.created")
    return [`${type} ${marker}`, `user.created ${marker}`, `application.created in ${accountId}`];
  if (type !== "account.deleted") return [type.endsWith("deleted") ? `${type} ${objectId}` : `${type} ${marker}`];
  const ofAccount = committed.filter((other) => other.accountId === accountId);
  const count = (subject: string): number =>
    1 +
    ofAccount.filter((change) => change.type === `${subject}.created`).length -
    ofAccount.filter((change) => change.type === `${subject}.deleted`).length;
  return [
    `${type} ${objectId}`,
    ...Array.from({ length: count("user") }, () => `user.deleted in ${accountId}`),
    ...Array.from({ length: count("application") }, () => `application.deleted in ${accountId}`),
  ];
}

/** Sequence numbers of an account are unique, and skip ahead only at a failover. */
function gaps(events: readonly ListedEvent[], failovers: number): readonly string[] {
  return [...Map.groupBy(events, ({ accountId }) => accountId)].flatMap(([accountId, group]) => {
    const numbers = [...new Set(group.map(({ sequence }) => sequence))].toSorted((a, b) => a - b);
    const skips = numbers.filter((number, index) => number !== (numbers[index - 1] ?? 0) + 1).length;
    if (numbers.length === group.length && skips <= failovers) return [];
    const sentence = `${group.length} events have ${numbers.length} numbers, with ${skips} gaps after ${failovers} failovers`;
    return [`the numbers of account ${accountId} are wrong: ${sentence}`];
  });
}
