import { changeAccountState } from "#portal/accounts/index.ts";
import type { BellwireApiRoute } from "../bellwire-api-route.ts";
import { assertDone } from "./assert-done.ts";
import { byOf } from "./by-of.ts";
import * as operations from "./developer-operations.ts";

const routeOf =
  (transition: "suspend" | "resume", schema: typeof operations.suspendAccount): BellwireApiRoute =>
  async (http, needs) => {
    const options = { schema, config: { deed: "administer-portal" } } as const;
    http.post(`/accounts/:id/${transition}`, options, async (request, reply) => {
      const { provider, params } = request;
      const change = { provider, accountId: params.id, transition, by: byOf(needs, request) };
      assertDone(await changeAccountState(needs.pool, change));
      return reply.code(204).send(null);
    });
  };

export const suspendAccountRoute = routeOf("suspend", operations.suspendAccount);
export const resumeAccountRoute = routeOf("resume", operations.resumeAccount);
