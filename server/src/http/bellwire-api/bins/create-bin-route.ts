import { createBin } from "#request-bin/index.ts";
import type { BellwireApiRoute } from "../bellwire-api-route.ts";
import * as operations from "./bin-operations.ts";
import { representBin } from "./represent-bin.ts";

export const createBinRoute: BellwireApiRoute = async (http, { pool, adminPortalUrl }) => {
  const options = { schema: operations.createBin, config: { deed: "change-webhooks" } } as const;
  http.post("/bins", options, async ({ provider }, reply) => {
    const bin = await pool.inTransaction((tx) => createBin(tx, { providerId: provider.id }));
    return reply
      .code(201)
      .header("location", `/api/v1/bins/${bin.id}`)
      .send(representBin(bin, adminPortalUrl(provider)));
  });
};
