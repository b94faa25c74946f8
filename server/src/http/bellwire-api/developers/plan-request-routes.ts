import { declinePlanRequest, listPlanRequests } from "#portal/applications/index.ts";
import type { BellwireApiRoute } from "../bellwire-api-route.ts";
import { applicationChangeOf } from "./application-change-of.ts";
import { assertDone } from "./assert-done.ts";
import { representPlanRequest } from "./represent-plan-request.ts";
import * as operations from "./plan-request-operations.ts";

export const listPlanRequestsRoute: BellwireApiRoute = async (http, { pool, callerOf }) => {
  const options = { schema: operations.listPlanRequests, config: { deed: "read-portal" } } as const;
  http.get("/plan_requests", options, async (request) => ({
    data: (await listPlanRequests(pool, request.provider.id, callerOf(request).reach)).map(representPlanRequest),
  }));
};

export const declinePlanRequestRoute: BellwireApiRoute = async (http, needs) => {
  const options = { schema: operations.declinePlanRequest, config: { deed: "change-portal" } } as const;
  http.delete("/applications/:id/plan_request", options, async (request, reply) => {
    const change = await applicationChangeOf(needs, request, request.params.id);
    assertDone(await declinePlanRequest(needs.pool, change));
    return reply.code(204).send(null);
  });
};
