import { hashPassword, type By } from "#access/index.ts";
import type { Pool } from "#platform/database/database.ts";
import { countLimits } from "#platform/limits/limits.ts";
import { requireRoom } from "#platform/limits/require-room.ts";
import { lockAccount } from "#portal/accounts/accounts-table.ts";
import { recordAccountEvents } from "#portal/accounts/record-account-events.ts";
import { requireChangesLeft } from "#portal/accounts/count-changes.ts";
import { hasNoErrors, mergeErrors, readDocumentSettings, type FieldInput } from "#portal/fields/index.ts";
import type { Provider } from "#portal/providers/index.ts";

import type { UserOutcome } from "./change-user.ts";
import { findTakenNames } from "./find-taken-names.ts";
import { judgeNewUser } from "./judge-new-user.ts";
import { userEvent } from "./user-events.ts";
import { insertUser } from "./users-table.ts";

interface UserCreation {
  readonly provider: Provider;
  readonly accountId: number;
  /** As they came, by field name, with `password`. */
  readonly values: FieldInput;
  readonly by: By;
}

/** A new member of an account, who waits to be activated. Undefined if the provider has no such account. */
export async function createUser(
  pool: Pool,
  { provider, accountId, values, by }: UserCreation,
): Promise<UserOutcome | undefined> {
  const settings = await readDocumentSettings(pool, provider);
  const { fields, errors } = judgeNewUser(settings, values, { writer: "program" });
  const isHashed = hasNoErrors(errors) && fields.password !== undefined;
  const passwordHash = isHashed ? await hashPassword(fields.password, { providerId: provider.id }) : null;

  return pool.inTransaction(async (tx) => {
    const account = await lockAccount(tx, provider.id, accountId);
    if (!account) return undefined;
    if (!hasNoErrors(errors)) return { refused: mergeErrors(errors, await findTakenNames(tx, provider.id, fields)) };
    requireChangesLeft(tx, { providerId: provider.id, accountId, now: by.now });
    await requireRoom(tx, countLimits.users, { providerId: provider.id, id: accountId });
    const { username, email, userFields } = fields;
    const user = await insertUser(
      tx,
      provider.id,
      {
        accountId,
        username,
        email,
        passwordHash,
        role: "member",
        state: "pending",
        activationCodeDigest: null,
        fields: userFields,
      },
      by.now,
    );
    if (!user) return { refused: mergeErrors(await findTakenNames(tx, provider.id, fields)) };
    const cause = { providerId: provider.id, ...by };
    return { user, events: await recordAccountEvents(tx, cause, account, [userEvent("user.created", settings, user)]) };
  });
}
