import { recordAudit } from "#access/index.ts";
import { Problem } from "#http/shared/problem.ts";
import { readEndpoint } from "#webhooks/endpoints/index.ts";
import type { BellwireApiRoute } from "../bellwire-api-route.ts";
import * as operations from "./endpoint-operations.ts";

/** The one place where the Bellwire API gives a URL's secrets: asked for explicitly, and recorded before it is sent. */
export const readUrlRoute: BellwireApiRoute = async (http, { pool, encryption, callerOf }) => {
  const options = { schema: operations.readUrl, config: { deed: "change-webhooks" } } as const;
  http.get("/endpoints/:id/url", options, async (request, reply) => {
    const key = { providerId: request.provider.id, id: request.params.id };
    const endpoint = await readEndpoint(pool, encryption, key);
    if (!endpoint) throw new Problem("not-found");
    const { actor } = callerOf(request);
    await pool.inTransaction((tx) =>
      recordAudit(tx, {
        providerId: key.providerId,
        actor,
        action: "endpoint.url_read",
        subject: `endpoint/${endpoint.id}`,
        detail: { name: endpoint.name },
      }),
    );
    reply.header("cache-control", "no-store");
    return { url: endpoint.url };
  });
};
