import { deletePlanRequest, listPlanRequests } from "#portal/applications/index.ts";
import { Problem } from "../../shared/problem.ts";
import type { BellwireApiRoute } from "../bellwire-api-route.ts";
import { representPlanRequest } from "./represent-plan-request.ts";
import * as operations from "./plan-request-operations.ts";

export const listPlanRequestsRoute: BellwireApiRoute = async (http, { pool }) => {
  const options = { schema: operations.listPlanRequests, config: { deed: "read-portal" } } as const;
  http.get("/plan_requests", options, async ({ provider }) => ({
    data: (await listPlanRequests(pool, provider.id)).map(representPlanRequest),
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
