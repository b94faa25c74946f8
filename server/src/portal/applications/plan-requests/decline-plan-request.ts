import type { Pool } from "#platform/database/database.ts";

import { withApplication, type ApplicationChange } from "../change-application.ts";
import { deletePlanRequest } from "./plan-requests-table.ts";

/** The application stays on its plan. Undefined if nothing is asked for it. */
export const declinePlanRequest = async (
  pool: Pool,
  change: ApplicationChange,
): Promise<{ readonly declined: true } | undefined> =>
  withApplication(pool, change, async ({ tx, application }) =>
    (await deletePlanRequest(tx, change.provider.id, application.id)) ? { declined: true } : undefined,
  );
