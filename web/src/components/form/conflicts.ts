import { ApiProblem } from "../../api/api-problem.ts";
import type { Values } from "../../api/management-client.ts";
import { nameInText } from "../words.ts";

/** Returns the values before the edits. That of a newly edited field is the saved one, which the page shows. */
export const withSeen = (seen: Values | undefined, saved: Values, edited: Values): Values => ({
  ...Object.fromEntries(Object.keys(edited).map((name) => [name, saved[name]])),
  ...seen,
});

/** The API has numbers where a form has text, and null where it is empty. */
const compared = (value: unknown): string => JSON.stringify(typeof value === "number" ? String(value) : (value ?? ""));

export interface Edits {
  /** The values before the edits. */
  readonly seen: Values;
  /** The values as they are saved now. */
  readonly present: Values;
  readonly edited: Values;
  /** Returns the API's name of a field, if the form has another one. */
  readonly nameOf?: (field: string) => string;
  /** The action that replaces what somebody else has changed. */
  readonly repeat?: string | undefined;
}

/** Throws an error for each edited field that somebody else has changed since, unless to the same value. */
export function refuseConflicts({ seen, present, edited, nameOf = (field) => field, repeat = "Save" }: Edits): void {
  const conflicts = Object.entries(edited).filter(([name, value]) => {
    const saved = compared(present[name]);
    return saved !== compared(seen[name]) && saved !== compared(value);
  });
  if (conflicts.length === 0) return;
  throw new ApiProblem(422, {
    errors: Object.fromEntries(conflicts.map(([name]) => [nameOf(name), [conflictMessage(present[name], repeat)]])),
  });
}

function conflictMessage(saved: unknown, repeat: string): string {
  const text = Array.isArray(saved) ? saved.join(", ") : saved;
  const shown =
    (typeof text === "string" && text !== "") || typeof text === "number" ? ` to “${nameInText(String(text))}”` : "";
  return `was changed${shown} by somebody else. ${repeat} again to replace that`;
}

// Sets

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
