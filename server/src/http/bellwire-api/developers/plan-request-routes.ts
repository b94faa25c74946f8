import { deletePlanRequest, listPlanRequests, type PlanRequest } from "#portal/applications/index.ts";
import { Problem } from "../../shared/problem.ts";
import type { BellwireApiRoute } from "../bellwire-api-route.ts";
import * as operations from "./plan-request-operations.ts";

export const listPlanRequestsRoute: BellwireApiRoute = async (http, { pool }) => {
  const options = { schema: operations.listPlanRequests, config: { deed: "read-portal" } } as const;
  http.get("/plan_requests", options, async ({ provider }) => ({
    data: (await listPlanRequests(pool, provider.id)).map(represent),
  }));
};

export const declinePlanRequestRoute: BellwireApiRoute = async (http, { pool }) => {
  const options = { schema: operations.declinePlanRequest, config: { deed: "change-portal" } } as const;
  http.delete("/applications/:id/plan_request", options, async ({ provider, params }, reply) => {
    if (!(await pool.inTransaction((tx) => deletePlanRequest(tx, provider.id, params.id))))
      throw new Problem("not-found");
    return reply.code(204).send(null);
  });
};

const represent = (it: PlanRequest) => ({
  application_id: it.applicationId,
  application_name: it.applicationName,
  account_id: it.accountId,
  org_name: it.orgName,
  plan_id: it.planId,
  plan_name: it.planName,
  asked_by: it.askedBy,
  created_at: it.createdAt.toISOString(),
});
