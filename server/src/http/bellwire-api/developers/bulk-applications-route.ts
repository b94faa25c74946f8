import type { Pool } from "#platform/database/database.ts";
import {
  changeApplicationPlan,
  changeApplicationState,
  deleteApplication,
  rejectApplication,
  type ApplicationChange,
} from "#portal/applications/index.ts";
import type { BellwireApiRoute } from "../bellwire-api-route.ts";
import { applicationChangeOf } from "./application-change-of.ts";
import type { Outcome } from "./assert-done.ts";
import * as operations from "./bulk-operations.ts";
import { doEach, planNamed } from "./do-each.ts";

const writer = "program";

export const bulkApplicationsRoute: BellwireApiRoute = async (http, needs) => {
  const options = { schema: operations.bulkApplications, config: { deed: "change-portal" } } as const;
  http.post("/applications/bulk", options, async (request) => {
    const { body, log } = request;
    const change = changeOf(needs.pool, body);
    return {
      data: await doEach(body.ids, log, async (id) => change(await applicationChangeOf(needs, request, id))),
    };
  });
};

function changeOf(
  pool: Pool,
  { operation, plan_id }: operations.ApplicationsToChange,
): (change: ApplicationChange) => Promise<Outcome | undefined> {
  if (operation === "delete") return (change) => deleteApplication(pool, { ...change, writer });
  if (operation === "reject") return (change) => rejectApplication(pool, { ...change, reason: "" });
  if (operation !== "change_plan") {
    return (change) => changeApplicationState(pool, { ...change, transition: operation });
  }
  const planId = planNamed(plan_id);
  return (change) => changeApplicationPlan(pool, { ...change, planId, writer });
}
