import { rejectApplication } from "#portal/applications/index.ts";
import type { BellwireApiRoute } from "../bellwire-api-route.ts";
import { applicationChangeOf } from "./application-change-of.ts";
import { assertDone } from "./assert-done.ts";
import * as operations from "./developer-operations.ts";

export const rejectApplicationRoute: BellwireApiRoute = async (http, needs) => {
  const options = { schema: operations.rejectApplication, config: { deed: "change-portal" } } as const;
  http.post("/applications/:id/reject", options, async (request, reply) => {
    const change = await applicationChangeOf(needs, request, request.params.id);
    assertDone(await rejectApplication(needs.pool, { ...change, reason: request.body.reason ?? "" }));
    return reply.code(204).send(null);
  });
};
