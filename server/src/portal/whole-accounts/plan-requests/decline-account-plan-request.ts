import { recordAudit } from "#access/index.ts";
import type { Pool } from "#platform/database/database.ts";

import type { AccountChange } from "../change-account.ts";
import { deleteAccountPlanRequest } from "./account-plan-requests-table.ts";

/** The account stays on its plan; no event tells of it. Undefined if nothing is asked for it. */
export const declineAccountPlanRequest = (
  pool: Pool,
  { provider, accountId, by }: AccountChange,
): Promise<{ readonly declined: true } | undefined> =>
  pool.inTransaction(async (tx) => {
    const providerId = provider.id;
    const planId = await deleteAccountPlanRequest(tx, providerId, accountId);
    if (planId === undefined) return undefined;
    const said = { action: "plan-request.declined", subject: `account/${accountId}`, detail: { planId } };
    await recordAudit(tx, { providerId, actor: by.actor, ...said });
    return { declined: true };
  });
