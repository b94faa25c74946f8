import { endSessionsOfUser } from "#access/index.ts";
import type { Pool } from "#platform/database/database.ts";
import { refuseTransition } from "#portal/fields/index.ts";

import { changeUser, type UserChange, type UserOutcome } from "./change-user.ts";

/** Locks a user out, at once: whoever is signed in is no longer. */
export const suspendUser = (pool: Pool, change: UserChange): Promise<UserOutcome | undefined> =>
  changeUser(pool, change, async ({ user }, { tx }) => {
    if (user.state !== "active" && user.state !== "suspended") return refuseTransition("suspend");
    await endSessionsOfUser(tx, { providerId: change.provider.id, audience: "developer", userId: user.id });
    return { user: { ...user, state: "suspended" } };
  });

/** Lets a suspended user in again. */
export const unsuspendUser = (pool: Pool, change: UserChange): Promise<UserOutcome | undefined> =>
  changeUser(pool, change, ({ user }) =>
    user.state === "suspended" ? { user: { ...user, state: "active" } } : refuseTransition("unsuspend"),
  );
