import type { Pool } from "#platform/database/database.ts";
import { isFine, mergeErrors, type FieldInput } from "#portal/fields/index.ts";
import { readProviderUser } from "#access/index.ts";

import { changeProviderUser, type ProviderUserChange, type ProviderUserOutcome } from "./change-provider-user.ts";
import { hashIfFine, judgeWanted, readWanted, takenAmong } from "./provider-user-names.ts";

interface ProviderUserUpdate extends ProviderUserChange {
  /** `username`, `email`, `password`. What is not named stays. */
  readonly values: FieldInput;
  /** The cookie of the session that a new password leaves alone. It ends all others. */
  readonly keptSession?: string | undefined;
}

/** Changes what one of the provider's own users is called, or the password. */
export async function updateProviderUser(
  pool: Pool,
  { values, ...change }: ProviderUserUpdate,
): Promise<ProviderUserOutcome | undefined> {
  const { provider, userId } = change;
  const found = await readProviderUser(pool, provider.id, userId);
  if (!found) return undefined;
  const rules = { values, passwordLengthMin: provider.passwordLengthMin, isNew: false };
  const { password } = readWanted(values);
  const passwordHash = await hashIfFine(judgeWanted(readWanted(values, found), rules), password);
  return changeProviderUser(pool, {
    ...change,
    decide: (before, everybody) => {
      const wanted = readWanted(values, before);
      const refused = mergeErrors(judgeWanted(wanted, rules), takenAmong(everybody, wanted, userId));
      if (!isFine(refused)) return { refused };
      return { user: { ...before, username: wanted.username, email: wanted.email }, passwordHash };
    },
  });
}
