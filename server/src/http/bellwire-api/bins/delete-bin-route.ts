import { deleteBin } from "#request-bin/index.ts";
import { Problem } from "../../shared/problem.ts";
import type { BellwireApiRoute } from "../bellwire-api-route.ts";
import * as operations from "./bin-operations.ts";

export const deleteBinRoute: BellwireApiRoute = async (http, { pool }) => {
  const options = { schema: operations.deleteBin, config: { deed: "change-webhooks" } } as const;
  http.delete("/bins/:id", options, async ({ provider, params }, reply) => {
    const isDeleted = await pool.inTransaction((tx) => deleteBin(tx, { providerId: provider.id, id: params.id }));
    if (!isDeleted) throw new Problem("not-found");
    return reply.code(204).send(null);
  });
};
