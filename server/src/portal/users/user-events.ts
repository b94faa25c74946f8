import { isDeepStrictEqual } from "node:util";
import type { AccountEvent } from "#portal/accounts/record-account-events.ts";
import type { DocumentSettings } from "#portal/fields/index.ts";

import { representUser } from "./represent-user.ts";
import type { User } from "./user.ts";

type UserEventType = "user.created" | "user.updated" | "user.deleted";

/** The event of a user that was made, changed or is gone. */
export const userEvent = (
  type: UserEventType,
  settings: DocumentSettings,
  user: User,
  previous?: Readonly<Record<string, unknown>>,
): AccountEvent => ({
  type,
  objectId: user.id,
  document: representUser(user, settings),
  ...(previous === undefined ? {} : { previous }),
});

/** The fields of a user that differ, with the values that they had before, by their names in documents. */
export function changesOfUser(before: User, after: User): Readonly<Record<string, unknown>> {
  const [old, now] = [told(before), told(after)];
  const names = new Set([...Object.keys(old), ...Object.keys(now)]);
  const changed = [...names].filter((name) => !isDeepStrictEqual(old[name], now[name]));
  return Object.fromEntries(changed.map((name) => [name, old[name] ?? null]));
}

const told = ({ fields, username, email, role, state }: User): Readonly<Record<string, unknown>> => ({
  ...fields,
  username,
  email,
  role,
  state,
});
