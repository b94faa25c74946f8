import type { EventTypeName } from "../../api/events.ts";

/** Unsaved edits of the selected events. Each switch is an edit of its own, so that concurrent edits of others survive. */
export type SwitchEdits = ReadonlyMap<EventTypeName, boolean>;

/** Returns the edits with those that lead from the shown events to the selected ones. */
export const withTurned = (
  edits: SwitchEdits | undefined,
  shown: ReadonlySet<EventTypeName>,
  selected: ReadonlySet<EventTypeName>,
): SwitchEdits =>
  new Map([
    ...(edits ?? []),
    ...[...selected.symmetricDifference(shown)].map((type) => [type, selected.has(type)] as const),
  ]);

/** Returns the selected events as the form shows them. */
export function applySwitches(
  saved: ReadonlySet<EventTypeName>,
  edits: SwitchEdits = new Map(),
): ReadonlySet<EventTypeName> {
  const isOn = new Map([...[...saved].map((type) => [type, true] as const), ...edits]);
  return new Set([...isOn].filter(([, isSelected]) => isSelected).map(([type]) => type));
}
