import { listBins } from "#request-bin/index.ts";
import type { BellwireApiRoute } from "../bellwire-api-route.ts";
import { cutPage, pageLimit } from "../cut-page.ts";
import * as operations from "./bin-operations.ts";
import { representBin } from "./represent-bin.ts";

export const listBinsRoute: BellwireApiRoute = async (http, { pool, adminPortalUrl }) => {
  const options = { schema: operations.listBins, config: { deed: "read-webhooks" } } as const;
  http.get("/bins", options, async ({ provider, query }) => {
    const { limit = pageLimit, after } = query;
    const bins = await listBins(pool, { providerId: provider.id, after, limit: limit + 1 });
    const origin = adminPortalUrl(provider);
    return cutPage(bins, limit, { show: (bin) => representBin(bin, origin), cursorOf: ({ id }) => id });
  });
};
