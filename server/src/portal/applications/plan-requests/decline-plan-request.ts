import { recordAudit } from "#access/index.ts";
import type { Pool } from "#platform/database/database.ts";

import { withApplication, type ApplicationChange } from "../change-application.ts";
import { deletePlanRequest } from "./plan-requests-table.ts";

/** The application stays on its plan; no event tells of it. Undefined if nothing is asked for it. */
export const declinePlanRequest = async (
  pool: Pool,
  change: ApplicationChange,
): Promise<{ readonly declined: true } | undefined> =>
  withApplication(pool, change, async ({ tx, application, by }) => {
    const providerId = change.provider.id;
    const planId = await deletePlanRequest(tx, providerId, application.id);
    if (planId === undefined) return undefined;
    const said = { action: "plan-request.declined", subject: `application/${application.id}`, detail: { planId } };
    await recordAudit(tx, { providerId, actor: by.actor, ...said });
    return { declined: true };
  });
