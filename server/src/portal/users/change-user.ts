import type { By } from "#access/index.ts";
import type { Pool, Transaction } from "#platform/database/database.ts";
import { lockAccount } from "#portal/accounts/accounts-table.ts";
import { recordAccountEvents } from "#portal/accounts/record-account-events.ts";
import { requireChangesLeft } from "#portal/accounts/count-changes.ts";
import { type DocumentSettings, type FieldErrors, readDocumentSettings } from "#portal/fields/index.ts";
import type { Provider } from "#portal/providers/index.ts";
import type { RecordedEvent } from "#webhooks/events/index.ts";
import { type LockedUser, lockUser, updateUserRow } from "./change-user-row.ts";
import { changesOfUser, userEvent } from "./user-events.ts";
import type { User } from "./user.ts";

/** Which user is to be changed, and who wants it. */
export interface UserChange {
  readonly provider: Provider;
  readonly accountId: number;
  readonly userId: number;
  readonly by: By;
}

export type UserOutcome =
  | { readonly user: User; readonly events: readonly RecordedEvent[] }
  | { readonly refused: FieldErrors };

type Decision = { readonly user: User; readonly passwordHash?: string | undefined } | { readonly refused: FieldErrors };

export type Decide = (
  locked: LockedUser,
  within: { readonly tx: Transaction; readonly settings: DocumentSettings },
) => Promise<Decision> | Decision;

/** Changes a user as decided and tells so, if anything changed. Undefined if the account has no such user. */
export async function changeUser(
  pool: Pool,
  { provider, accountId, userId, by }: UserChange,
  decide: Decide,
): Promise<UserOutcome | undefined> {
  const settings = await readDocumentSettings(pool, provider);
  return pool.inTransaction(async (tx) => {
    const account = await lockAccount(tx, provider.id, accountId);
    const before = account && (await lockUser(tx, { providerId: provider.id, accountId, userId }));
    if (!before) return undefined;
    const wanted = await decide(before, { tx, settings });
    if ("refused" in wanted) return wanted;

    const previous = {
      ...changesOfUser(before.user, wanted.user),
      ...(wanted.passwordHash === undefined ? {} : { password: null }), // that it changed, never what it was
    };
    if (Object.keys(previous).length === 0) return { user: before.user, events: [] };
    requireChangesLeft(tx, { providerId: provider.id, accountId, now: by.now });
    const user = await updateUserRow(tx, provider.id, wanted, by.now);
    const cause = { providerId: provider.id, ...by };
    return {
      user,
      events: await recordAccountEvents(tx, cause, account, [userEvent("user.updated", settings, user, previous)]),
    };
  });
}
