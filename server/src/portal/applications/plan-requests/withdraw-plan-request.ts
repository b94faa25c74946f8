import type { Pool } from "#platform/database/database.ts";

import { withApplication, type ApplicationChange } from "../change-application.ts";
import { deletePlanRequest } from "./plan-requests-table.ts";

/** Takes back what was asked for; no event tells of it. Undefined if nothing is, or if it is decided by now. */
export const withdrawPlanRequest = async (
  pool: Pool,
  change: ApplicationChange,
): Promise<{ readonly withdrawn: true } | undefined> =>
  withApplication(pool, change, async ({ tx, application }) => {
    const planId = await deletePlanRequest(tx, change.provider.id, application.id);
    return planId === undefined ? undefined : { withdrawn: true };
  });
