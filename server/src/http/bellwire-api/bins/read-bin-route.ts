import { Problem } from "#http/shared/problem.ts";
import { readBin } from "#request-bin/index.ts";
import type { BellwireApiRoute } from "../bellwire-api-route.ts";
import * as operations from "./bin-operations.ts";
import { representBin } from "./represent-bin.ts";

export const readBinRoute: BellwireApiRoute = async (http, { pool, adminPortalUrl }) => {
  const options = { schema: operations.readBin, config: { deed: "read-webhooks" } } as const;
  http.get("/bins/:id", options, async ({ provider, params }) => {
    const bin = await readBin(pool, { providerId: provider.id, id: params.id });
    if (!bin) throw new Problem("not-found");
    return representBin(bin, adminPortalUrl(provider));
  });
};
