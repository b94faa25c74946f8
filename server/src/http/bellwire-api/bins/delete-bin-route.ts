import { recordAudit } from "#access/index.ts";
import { Problem } from "#http/shared/problem.ts";
import { deleteBin } from "#request-bin/index.ts";
import type { BellwireApiRoute } from "../bellwire-api-route.ts";
import * as operations from "./bin-operations.ts";

export const deleteBinRoute: BellwireApiRoute = async (http, { pool, callerOf }) => {
  const options = { schema: operations.deleteBin, config: { deed: "change-webhooks" } } as const;
  http.delete("/bins/:id", options, async (request, reply) => {
    const [providerId, { id }] = [request.provider.id, request.params];
    const { actor } = callerOf(request);
    const isDeleted = await pool.inTransaction(async (tx) => {
      if (!(await deleteBin(tx, { providerId, id }))) return false;
      await recordAudit(tx, { providerId, actor, action: "bin.deleted", subject: `bin/${id}`, detail: {} });
      return true;
    });
    if (!isDeleted) throw new Problem("not-found");
    return reply.code(204).send(null);
  });
};
