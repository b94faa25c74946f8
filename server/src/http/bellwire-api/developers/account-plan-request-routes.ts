import { deleteAccountPlanRequest, listAccountPlanRequests } from "#portal/whole-accounts/index.ts";
import { Problem } from "../../shared/problem.ts";
import type { BellwireApiRoute } from "../bellwire-api-route.ts";
import { representAccountPlanRequest } from "./represent-plan-request.ts";
import * as operations from "./plan-request-operations.ts";

export const listAccountPlanRequestsRoute: BellwireApiRoute = async (http, { pool }) => {
  const options = { schema: operations.listAccountPlanRequests, config: { deed: "read-portal" } } as const;
  http.get("/account_plan_requests", options, async ({ provider }) => ({
    data: (await listAccountPlanRequests(pool, provider.id)).map(representAccountPlanRequest),
  }));
};

export const declineAccountPlanRequestRoute: BellwireApiRoute = async (http, { pool }) => {
  const options = { schema: operations.declineAccountPlanRequest, config: { deed: "change-portal" } } as const;
  http.delete("/accounts/:id/plan_request", options, async ({ provider, params }, reply) => {
    const isThere = await pool.inTransaction((tx) => deleteAccountPlanRequest(tx, provider.id, params.id));
    if (!isThere) throw new Problem("not-found");
    return reply.code(204).send(null);
  });
};
