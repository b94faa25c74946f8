import { endSessionsOfUser } from "#access/index.ts";
import type { Pool } from "#platform/database/database.ts";
import { deleteAccountRow } from "#portal/accounts/index.ts";
import {
  deleteApplicationRows,
  listApplications,
  representDeletedApplication,
  type Application,
} from "#portal/applications/index.ts";
import type { DocumentSettings } from "#portal/fields/index.ts";
import { userEvent } from "#portal/users/index.ts";
import { recordEvents, type NewEvent, type RecordedEvent } from "#webhooks/events/index.ts";

import type { AccountChange } from "./change-account.ts";
import { representAccount } from "./represent-account.ts";
import { lockAccountInFull } from "./recall-account.ts";
import type { WholeAccount } from "./whole-account.ts";

/** Deletes an account with all that belongs to it, and tells of each part. Undefined if the provider has no such account. */
export async function deleteAccount(
  pool: Pool,
  { provider, accountId, by }: AccountChange,
): Promise<{ readonly events: readonly RecordedEvent[] } | undefined> {
  return pool.inTransaction(async (tx) => {
    const locked = await lockAccountInFull(tx, provider, accountId);
    if (!locked) return undefined;
    const { whole, settings } = locked;
    const applications = await listApplications(tx, provider.id, accountId);
    for (const { id } of whole.users) {
      await endSessionsOfUser(tx, { providerId: provider.id, audience: "developer", userId: id });
    }
    await deleteApplicationRows(
      tx,
      provider.id,
      applications.map(({ id }) => id),
    ); // with the plans made for them alone
    await deleteAccountRow(tx, provider.id, accountId);
    const cause = { providerId: provider.id, ...by };
    return { events: await recordEvents(tx, cause, eventsOfDeletion(settings, whole, applications)) };
  });
}

/** The account, its applications, its users: each as it was at last. Keys go without a word, as with any application. */
function eventsOfDeletion(
  settings: DocumentSettings,
  whole: WholeAccount,
  applications: readonly Application[],
): readonly NewEvent[] {
  const { account, users } = whole;
  const ofAccount = { accountId: account.id, accountName: account.orgName };
  return [
    { type: "account.deleted", objectId: account.id, ...ofAccount, document: representAccount(whole, settings) },
    ...applications.map((application): NewEvent => ({
      type: "application.deleted",
      objectId: application.id,
      ...ofAccount,
      document: representDeletedApplication(application, settings),
    })),
    ...users.map((user) => userEvent("user.deleted", settings, { account, user })),
  ];
}
