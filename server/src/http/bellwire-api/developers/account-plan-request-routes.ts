import { declineAccountPlanRequest, listAccountPlanRequests } from "#portal/accounts/index.ts";
import type { BellwireApiRoute } from "../bellwire-api-route.ts";
import { assertDone } from "./assert-done.ts";
import { byOf } from "./by-of.ts";
import * as operations from "./plan-request-operations.ts";
import { representAccountPlanRequest } from "./represent-plan-request.ts";

export const listAccountPlanRequestsRoute: BellwireApiRoute = async (http, { pool }) => {
  const options = { schema: operations.listAccountPlanRequests, config: { deed: "read-portal" } } as const;
  http.get("/account_plan_requests", options, async ({ provider }) => ({
    data: (await listAccountPlanRequests(pool, provider.id)).map(representAccountPlanRequest),
  }));
};

export const declineAccountPlanRequestRoute: BellwireApiRoute = async (http, needs) => {
  const options = { schema: operations.declineAccountPlanRequest, config: { deed: "change-portal" } } as const;
  http.delete("/accounts/:id/plan_request", options, async (request, reply) => {
    const { provider, params } = request;
    const change = { provider, accountId: params.id, by: byOf(needs, request) };
    assertDone(await declineAccountPlanRequest(needs.pool, change));
    return reply.code(204).send(null);
  });
};
