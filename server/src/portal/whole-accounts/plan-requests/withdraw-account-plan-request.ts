import type { Pool } from "#platform/database/database.ts";

import type { AccountChange } from "../change-account.ts";
import { deleteAccountPlanRequest } from "./account-plan-requests-table.ts";

/** Takes back what was asked for; no event tells of it. Undefined if nothing is, or if it is decided by now. */
export const withdrawAccountPlanRequest = (
  pool: Pool,
  { provider, accountId }: Pick<AccountChange, "provider" | "accountId">,
): Promise<{ readonly withdrawn: true } | undefined> =>
  pool.inTransaction(async (tx) => {
    const planId = await deleteAccountPlanRequest(tx, provider.id, accountId);
    return planId === undefined ? undefined : { withdrawn: true };
  });
