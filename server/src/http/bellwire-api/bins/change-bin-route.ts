import { recordAudit } from "#access/index.ts";
import { Problem } from "#http/shared/problem.ts";
import { updateBin } from "#request-bin/index.ts";
import type { BellwireApiRoute } from "../bellwire-api-route.ts";
import * as operations from "./bin-operations.ts";
import { representBin } from "./represent-bin.ts";

export const changeBinRoute: BellwireApiRoute = async (http, { pool, adminPortalUrl, callerOf }) => {
  const options = { schema: operations.changeBin, config: { deed: "change-webhooks" } } as const;
  http.patch("/bins/:id", options, async (request) => {
    const { provider, params, body } = request;
    const key = { providerId: provider.id, id: params.id };
    const { actor } = callerOf(request);
    const answer = { answerStatus: body.answer_status, answerDelayMs: body.answer_delay_ms };
    const bin = await pool.inTransaction(async (tx) => {
      const changed = await updateBin(tx, key, answer);
      const audit = { providerId: provider.id, subject: `bin/${params.id}`, detail: answer };
      if (changed) await recordAudit(tx, { ...audit, actor, action: "bin.changed" });
      return changed;
    });
    if (!bin) throw new Problem("not-found");
    return representBin(bin, adminPortalUrl(provider));
  });
};
