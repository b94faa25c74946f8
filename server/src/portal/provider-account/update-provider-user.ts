import { againIfTaken } from "#platform/database/again-if-taken.ts";
import type { Pool } from "#platform/database/database.ts";
import { isFine, mergeErrors, type FieldErrors, type FieldInput } from "#portal/fields/index.ts";
import { readProviderUser, signInProviderUser, type ProviderUser } from "#access/index.ts";

import {
  changeProviderUser,
  type Decide,
  type ProviderUserChange,
  type ProviderUserOutcome,
} from "./change-provider-user.ts";
import { hashIfFine, judgeWanted, readWanted, takenAmong } from "./provider-user-names.ts";
import { knownPermissions, type Permissions } from "./provider-user-operations.ts";

interface ProviderUserUpdate extends ProviderUserChange {
  /** `username`, `email`, `password`. What is not named stays. */
  readonly values: FieldInput;
  readonly permissions?: Permissions;
  /** What somebody typed to prove that the password is their own. It is looked at unless it is undefined. */
  readonly currentPassword?: string | undefined;
  /** The cookie of the session that a new password leaves alone. It ends all others. */
  readonly keptSession?: string | undefined;
}

/** Changes what one of the provider's own users is called, or the password. */
export async function updateProviderUser(
  pool: Pool,
  { values, permissions = {}, currentPassword, ...change }: ProviderUserUpdate,
): Promise<ProviderUserOutcome | undefined> {
  const { provider, userId } = change;
  const found = await readProviderUser(pool, provider.id, userId);
  if (!found) return undefined;
  const rules = { values, passwordLengthMin: provider.passwordLengthMin, isNew: false };
  const { password } = readWanted(values);
  const unproved = await judgeProof(pool, { providerId: provider.id, user: found, currentPassword });
  const wrong = mergeErrors(judgeWanted(readWanted(values, found), rules), unproved);
  const passwordHash = await hashIfFine(wrong, { password, providerId: provider.id });
  const known = await knownPermissions(pool, provider.id, permissions);
  const decide: Decide = (before, everybody) => {
    const wanted = readWanted(values, before);
    const refused = mergeErrors(unproved, judgeWanted(wanted, rules), takenAmong(everybody, wanted, userId));
    if (!isFine(refused)) return { refused };
    return { user: { ...before, ...known, username: wanted.username, email: wanted.email }, passwordHash };
  };
  return againIfTaken(() => changeProviderUser(pool, { ...change, decide }));
}

interface Proof {
  readonly providerId: number;
  readonly user: ProviderUser;
  readonly currentPassword: string | undefined;
}

/** Whoever can sign in with it knows it. Before the transaction opens: it takes a while. */
async function judgeProof(pool: Pool, { providerId, user, currentPassword }: Proof): Promise<FieldErrors> {
  if (currentPassword === undefined) return {};
  const known = await signInProviderUser(pool, { providerId, login: user.username, password: currentPassword });
  return known?.user.id === user.id ? {} : { current_password: ["is incorrect"] };
}
