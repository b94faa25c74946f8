/**
 * Unsaved edits of a set: true for a member that was added, false for one that was removed. Each member is an edit of its own, so that
 * what others change meanwhile survives.
 */
export type SetEdits<Member> = ReadonlyMap<Member, boolean>;

/** Returns the edits with one more: a member that was added or removed. */
export const withTurned = <Member>(
  edits: SetEdits<Member> = new Map(),
  member: Member,
  isOn: boolean,
): SetEdits<Member> => new Map([...edits, [member, isOn]]);

/** Returns the edits with those that lead from the shown members to the chosen ones. */
export const withChosen = <Member>(
  edits: SetEdits<Member> = new Map(),
  shown: ReadonlySet<Member>,
  chosen: ReadonlySet<Member>,
): SetEdits<Member> =>
  new Map([...edits, ...[...chosen.symmetricDifference(shown)].map((each) => [each, chosen.has(each)] as const)]);

/** Returns the saved members with the edits. */
export function applySetEdits<Member>(
  saved: Iterable<Member>,
  edits: SetEdits<Member> = new Map(),
): ReadonlySet<Member> {
  const isOn = new Map([...Array.from(saved, (member) => [member, true] as const), ...edits]);
  return new Set([...isOn].flatMap(([member, isMember]) => (isMember ? [member] : [])));
}
