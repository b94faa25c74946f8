import { listBinRequests, readBin } from "#request-bin/index.ts";
import { Problem } from "../../shared/problem.ts";
import type { BellwireApiRoute } from "../bellwire-api-route.ts";
import { cutPage, pageLimit } from "../cut-page.ts";
import { cursorOf, readId } from "../read-query.ts";
import * as operations from "./bin-operations.ts";
import { representBinRequest } from "./represent-bin.ts";

export const listBinRequestsRoute: BellwireApiRoute = async (http, { pool, secretsOfBin }) => {
  const options = { schema: operations.listBinRequests, config: { deed: "read-webhooks" } } as const;
  http.get("/bins/:id/requests", options, async ({ provider, params, query }) => {
    const bin = await readBin(pool, { providerId: provider.id, id: params.id });
    if (!bin) throw new Problem("not-found");
    const { limit = pageLimit, after } = query;
    const page = { before: cursorOf(after, readId), limit: limit + 1 };
    const requests = await listBinRequests(pool, { providerId: provider.id, binId: bin.id, ...page });
    const secrets = await secretsOfBin(bin);
    return cutPage(requests, limit, {
      show: (request) => representBinRequest(request, secrets),
      cursorOf: ({ number }) => String(number),
    });
  });
};
