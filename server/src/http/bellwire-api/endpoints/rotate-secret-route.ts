import { Problem } from "#http/shared/problem.ts";
import { rotateSecret } from "#webhooks/endpoints/index.ts";
import type { BellwireApiRoute } from "../bellwire-api-route.ts";
import * as operations from "./endpoint-operations.ts";

export const rotateSecretRoute: BellwireApiRoute = async (http, needs) => {
  const options = { schema: operations.rotateSecret, config: { deed: "change-webhooks" } } as const;
  http.post("/endpoints/:id/rotate_secret", options, async (request) => {
    const { actor } = needs.callerOf(request);
    const endpoint = await rotateSecret(needs, { providerId: request.provider.id, id: request.params.id, actor });
    const [secret] = endpoint?.secrets ?? [];
    if (secret === undefined) throw new Problem("not-found");
    return { secret };
  });
};
