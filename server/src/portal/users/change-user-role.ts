import type { Pool } from "#platform/database/database.ts";

import { changeUser, type UserChange, type UserOutcome } from "./change-user.ts";
import { isLastAdmin } from "./is-last-admin.ts";
import type { User } from "./user.ts";

/** Makes a user an admin of the account, or a member; the last admin stays one. */
export const changeUserRole = (
  pool: Pool,
  { role, ...change }: UserChange & { readonly role: User["role"] },
): Promise<UserOutcome | undefined> =>
  changeUser(pool, change, async ({ user }, { tx }) =>
    role === "member" && (await isLastAdmin(tx, change.provider.id, user))
      ? { refused: { role: ["cannot be taken from the last admin"] } }
      : { user: { ...user, role } },
  );
