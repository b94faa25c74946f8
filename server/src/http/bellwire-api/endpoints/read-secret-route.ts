import { Problem } from "#http/shared/problem.ts";
import { readEndpoint } from "#webhooks/endpoints/index.ts";
import type { BellwireApiRoute } from "../bellwire-api-route.ts";
import * as operations from "./endpoint-operations.ts";

export const readSecretRoute: BellwireApiRoute = async (http, { pool, encryption }) => {
  // Whoever knows the secret can sign as we do: reading it takes as much as changing it.
  const options = { schema: operations.readSecret, config: { deed: "change-webhooks" } } as const;
  http.get("/endpoints/:id/secret", options, async (request) => {
    const endpoint = await readEndpoint(pool, encryption, { providerId: request.provider.id, id: request.params.id });
    const [secret] = endpoint?.secrets ?? [];
    if (secret === undefined) throw new Problem("not-found");
    return { secret };
  });
};
