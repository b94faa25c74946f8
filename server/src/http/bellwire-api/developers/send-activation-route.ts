import { readUser, sendActivation } from "#portal/users/index.ts";
import { activationUrl } from "../../shared/mailed-links.ts";
import { Problem } from "../../shared/problem.ts";
import type { BellwireApiRoute } from "../bellwire-api-route.ts";
import { assertDone } from "./assert-done.ts";
import { byOf } from "./by-of.ts";
import * as operations from "./invitation-operations.ts";

export const sendActivationRoute: BellwireApiRoute = async (http, needs) => {
  const options = { schema: operations.sendActivation, config: { deed: "change-portal" } } as const;
  http.post("/users/:id/send_activation", options, async (request, reply) => {
    const { provider, params } = request;
    const { pool } = needs;
    const user = await readUser(pool, provider.id, params.id);
    if (!user) throw new Problem("not-found");
    const { id: userId, accountId } = user;
    const urlOf = activationUrl(needs, provider);
    assertDone(await sendActivation(pool, { provider, accountId, userId, urlOf, by: byOf(needs, request) }));
    return reply.code(204).send(null);
  });
};
