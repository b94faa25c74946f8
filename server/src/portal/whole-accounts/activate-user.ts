import type { By } from "#access/index.ts";
import type { Pool } from "#platform/database/database.ts";
import { lockAccount } from "#portal/accounts/accounts-table.ts";
import { type FieldErrors, readDocumentSettings, refuseTransition } from "#portal/fields/index.ts";
import type { Provider } from "#portal/providers/index.ts";
import { type User } from "#portal/users/user.ts";
import { lockUser, updateUserRow } from "#portal/users/change-user-row.ts";
import type { RecordedEvent } from "#webhooks/events/index.ts";
import { admitAccount } from "./admit-account.ts";

interface UserActivation {
  readonly provider: Provider;
  readonly accountId: number;
  readonly userId: number;
  readonly by: By;
}

type ActivationOutcome =
  | { readonly user: User; readonly events: readonly RecordedEvent[] }
  | { readonly refused: FieldErrors };

/** Activates a pending user, and with the first user the account. Undefined if the account has no such user. */
export async function activateUser(
  pool: Pool,
  { provider, accountId, userId, by }: UserActivation,
): Promise<ActivationOutcome | undefined> {
  const settings = await readDocumentSettings(pool, provider);
  const providerId = provider.id;
  const { now } = by;
  return pool.inTransaction(async (tx) => {
    const before = await lockAccount(tx, providerId, accountId);
    const locked = before && (await lockUser(tx, { providerId, accountId, userId }));
    if (!locked) return undefined;
    if (locked.user.state === "active") return { user: locked.user, events: [] };
    if (locked.user.state !== "pending") return refuseTransition("activate");

    const active: User = { ...locked.user, state: "active", activatedAt: now };
    const user = await updateUserRow(tx, providerId, { user: active }, now);
    const { events } = await admitAccount(tx, settings, { before, user, cause: { providerId, ...by } });
    return { user, events };
  });
}
