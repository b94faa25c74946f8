import { recordAudit } from "#access/index.ts";
import { createBin } from "#request-bin/index.ts";
import type { BellwireApiRoute } from "../bellwire-api-route.ts";
import * as operations from "./bin-operations.ts";
import { representBin } from "./represent-bin.ts";

export const createBinRoute: BellwireApiRoute = async (http, { pool, adminPortalUrl, callerOf }) => {
  const options = { schema: operations.createBin, config: { deed: "change-webhooks" } } as const;
  http.post("/bins", options, async (request, reply) => {
    const { provider, body } = request;
    const providerId = provider.id;
    const { actor } = callerOf(request);
    const bin = await pool.inTransaction(async (tx) => {
      const made = await createBin(tx, {
        providerId,
        answerStatus: body.answer_status,
        answerDelayMs: body.answer_delay_ms,
      });
      await recordAudit(tx, { providerId, actor, action: "bin.created", subject: `bin/${made.id}`, detail: {} });
      return made;
    });
    return reply
      .code(201)
      .header("location", `/api/v1/bins/${bin.id}`)
      .send(representBin(bin, adminPortalUrl(provider)));
  });
};
