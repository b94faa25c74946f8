import type { Pool } from "#platform/database/database.ts";

import { changeUser, type UserChange, type UserOutcome } from "./change-user.ts";
import type { User } from "./user.ts";

/** Makes a user an admin of the account, or a member. */
export const changeUserRole = (
  pool: Pool,
  { role, ...change }: UserChange & { readonly role: User["role"] },
): Promise<UserOutcome | undefined> => changeUser(pool, change, ({ user }) => ({ user: { ...user, role } }));
