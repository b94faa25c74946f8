import { endSessionsOfUser } from "#access/index.ts";
import type { Pool } from "#platform/database/database.ts";
import { type AccountEvent, recordAccountEvents } from "#portal/accounts/record-account-events.ts";
import { deleteAccountRow } from "#portal/accounts/accounts-table.ts";
import { type Application } from "#portal/applications/application.ts";
import { applicationEvent } from "#portal/applications/application-events.ts";
import { deleteApplicationRows } from "#portal/applications/applications-table.ts";
import { listApplications } from "#portal/applications/read-applications.ts";
import type { DocumentSettings } from "#portal/fields/index.ts";
import { userEvent } from "#portal/users/user-events.ts";
import type { RecordedEvent } from "#webhooks/events/index.ts";
import type { AccountChange } from "./change-account.ts";
import { lockAccountInFull } from "./recall-account.ts";
import { representAccount } from "./represent-account.ts";
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
    const cause = { providerId: provider.id, ...by };
    const gone = eventsOfDeletion(settings, whole, applications);
    const events = await recordAccountEvents(tx, cause, whole.account, gone);
    await deleteAccountRow(tx, provider.id, accountId); // at last: the row counts its events
    return { events };
  });
}

/** The account, its applications, its users: each as it was at last. Keys go without a word, as with any application. */
function eventsOfDeletion(
  settings: DocumentSettings,
  whole: WholeAccount,
  applications: readonly Application[],
): readonly AccountEvent[] {
  return [
    { type: "account.deleted", objectId: whole.account.id, document: representAccount(whole, settings) },
    ...applications.map((application) => applicationEvent("application.deleted", settings, application)),
    ...whole.users.map((user) => userEvent("user.deleted", settings, user)),
  ];
}
