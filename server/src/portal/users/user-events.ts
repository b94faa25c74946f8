import { isDeepStrictEqual } from "node:util";
import type { Account } from "#portal/accounts/index.ts";
import type { DocumentSettings } from "#portal/fields/index.ts";
import type { NewEvent } from "#webhooks/events/index.ts";

import { representUser } from "./represent-user.ts";
import type { User } from "./user.ts";

type UserEventType = "user.created" | "user.updated" | "user.deleted";

/** The event of a user that was made, changed or is gone. */
export const userEvent = (
  type: UserEventType,
  settings: DocumentSettings,
  { account, user }: { account: Account; user: User },
  previous?: Readonly<Record<string, unknown>>,
): NewEvent => ({
  type,
  objectId: user.id,
  accountId: account.id,
  accountName: account.orgName,
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
