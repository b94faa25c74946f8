import { createProviderUser, lockProviderUsers, recordAudit, type By, type ProviderUser } from "#access/index.ts";
import { againIfTaken } from "#platform/database/again-if-taken.ts";
import type { Pool, Transaction } from "#platform/database/database.ts";
import { isFine, mergeErrors, type FieldErrors, type FieldInput } from "#portal/fields/index.ts";
import type { Provider } from "#portal/providers/index.ts";

import { hashIfFine, judgeWanted, readWanted, takenAmong } from "./provider-user-names.ts";
import { knownPermissions, type Permissions } from "./provider-user-operations.ts";

interface ProviderUserAddition {
  readonly provider: Provider;
  /** `username`, `email`, and `password` unless it is to be set later. */
  readonly values: FieldInput;
  readonly permissions?: Permissions;
  readonly by: By;
}

type AdditionOutcome = { readonly user: ProviderUser } | { readonly refused: FieldErrors };

/** A new member of the provider's own, who waits to be activated. */
export async function addProviderUser(
  pool: Pool,
  { provider, values, permissions = {}, by }: ProviderUserAddition,
): Promise<AdditionOutcome> {
  const wanted = readWanted(values);
  const wrong = judgeWanted(wanted, { values, passwordLengthMin: provider.passwordLengthMin, isNew: true });
  const passwordHash = (await hashIfFine(wrong, { password: wanted.password, providerId: provider.id })) ?? null;
  const known = await knownPermissions(pool, provider.id, permissions);
  const add = async (tx: Transaction): Promise<AdditionOutcome> => {
    const refused = mergeErrors(wrong, takenAmong(await lockProviderUsers(tx, provider.id), wanted));
    if (!isFine(refused)) return { refused };
    const { username, email } = wanted;
    const user = await createProviderUser(tx, {
      providerId: provider.id,
      username,
      ...(email === null ? {} : { email }),
      passwordHash,
      role: "member",
      state: "pending",
      ...known,
    });
    const said = { action: "user.created", subject: `provider-user/${user.id}`, detail: { username } };
    await recordAudit(tx, { providerId: provider.id, actor: by.actor, ...said });
    return { user };
  };
  return againIfTaken(() => pool.inTransaction(add));
}
