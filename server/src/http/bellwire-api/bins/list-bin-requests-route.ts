import { verifyBinRequest } from "#http/shared/bin-signature.ts";
import { Problem } from "#http/shared/problem.ts";
import { parseRowId } from "#platform/ids.ts";
import { listBinRequests, readBin, readBinRequestBody } from "#request-bin/index.ts";
import type { BellwireApiRoute } from "../bellwire-api-route.ts";
import { pageLimit } from "../cut-page.ts";
import { cursorOf } from "../read-query.ts";
import * as operations from "./bin-operations.ts";
import type { BinRequestAnswer } from "./bin-schema.ts";
import { representBinRequest } from "./represent-bin.ts";

export const listBinRequestsRoute: BellwireApiRoute = async (http, { pool, secretsOfBin }) => {
  const options = { schema: operations.listBinRequests, config: { deed: "read-webhooks" } } as const;
  http.get("/bins/:id/requests", options, async ({ provider, params, query }) => {
    const bin = await readBin(pool, { providerId: provider.id, id: params.id });
    if (!bin) throw new Problem("not-found");
    const { limit = pageLimit, after } = query;
    const page = { before: cursorOf(after, parseRowId), limit };
    const { requests, hasMore } = await listBinRequests(pool, { providerId: provider.id, binId: bin.id, ...page });
    const secrets = await secretsOfBin(bin);
    const data: BinRequestAnswer[] = [];
    for (const request of requests) {
      data.push(representBinRequest(request, await verifyBinRequest(pool, bin, { request, secrets })));
    }
    return { data, next: hasMore ? String(requests.at(-1)?.number ?? "") || null : null };
  });
};

export const readBinRequestBodyRoute: BellwireApiRoute = async (http, { pool }) => {
  const options = { schema: operations.readBinRequestBody, config: { deed: "read-webhooks" } } as const;
  http.get("/bins/:id/requests/:number/body", options, async ({ provider, params }, reply) => {
    const key = { providerId: provider.id, binId: params.id, number: params.number };
    const body = await readBinRequestBody(pool, key);
    if (!body) throw new Problem("not-found");
    return reply.type("application/octet-stream").header("x-content-type-options", "nosniff").send(body);
  });
};
