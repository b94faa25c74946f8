import { endSessionsOfUser } from "#access/index.ts";
import type { Pool } from "#platform/database/database.ts";
import { lockAccount } from "#portal/accounts/accounts-table.ts";
import { recordAccountEvents } from "#portal/accounts/record-account-events.ts";
import { readDocumentSettings } from "#portal/fields/index.ts";
import type { RecordedEvent } from "#webhooks/events/index.ts";
import { lockUser } from "./change-user-row.ts";
import type { UserChange } from "./change-user.ts";
import { isLastAdmin } from "./is-last-admin.ts";
import { userEvent } from "./user-events.ts";
import type { User } from "./user.ts";

type DeletionOutcome =
  | { readonly user: User; readonly events: readonly RecordedEvent[] }
  /** Nobody could invite, promote or remove anybody any more. */
  | { readonly notAllowed: "last admin" };

const deleteStatement = `delete from users where provider_id = $1 and id = $2`;

/** Removes a user for good. Undefined if the account has no such user. */
export async function deleteUser(
  pool: Pool,
  { provider, accountId, userId, by }: UserChange,
): Promise<DeletionOutcome | undefined> {
  const settings = await readDocumentSettings(pool, provider);
  const providerId = provider.id;
  return pool.inTransaction(async (tx) => {
    // Of two admins who remove each other at once, the account's lock lets one be first.
    const account = await lockAccount(tx, providerId, accountId);
    const locked = account && (await lockUser(tx, { providerId, accountId, userId }));
    if (!locked) return undefined;
    const { user } = locked;
    if (await isLastAdmin(tx, providerId, user)) return { notAllowed: "last admin" };

    await endSessionsOfUser(tx, { providerId, audience: "developer", userId });
    await tx.query(deleteStatement, [providerId, userId]);
    const cause = { providerId, ...by };
    return { user, events: await recordAccountEvents(tx, cause, account, [userEvent("user.deleted", settings, user)]) };
  });
}
