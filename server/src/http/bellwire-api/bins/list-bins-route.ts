import { listBins, readBin } from "#request-bin/index.ts";
import type { BellwireApiRoute } from "../bellwire-api-route.ts";
import { cutPage, pageLimit } from "../cut-page.ts";
import { cursorOf } from "../read-query.ts";
import * as operations from "./bin-operations.ts";
import { representBin } from "./represent-bin.ts";

export const listBinsRoute: BellwireApiRoute = async (http, { pool, adminPortalUrl }) => {
  const options = { schema: operations.listBins, config: { deed: "read-webhooks" } } as const;
  http.get("/bins", options, async ({ provider, query }) => {
    const { limit = pageLimit, after } = query;
    const last = after === undefined ? undefined : await readBin(pool, { providerId: provider.id, id: after });
    const from = cursorOf(after, () => last?.id); // nothing can be told to come after a bin that is gone
    const bins = await listBins(pool, { providerId: provider.id, after: from, limit: limit + 1 });
    const origin = adminPortalUrl(provider);
    return cutPage(bins, limit, { show: (bin) => representBin(bin, origin), cursorOf: ({ id }) => id });
  });
};
