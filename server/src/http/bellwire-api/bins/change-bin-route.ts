import { changeBinAnswer } from "#request-bin/index.ts";
import { Problem } from "../../shared/problem.ts";
import type { BellwireApiRoute } from "../bellwire-api-route.ts";
import * as operations from "./bin-operations.ts";
import { representBin } from "./represent-bin.ts";

export const changeBinRoute: BellwireApiRoute = async (http, { pool, adminPortalUrl }) => {
  const options = { schema: operations.changeBin, config: { deed: "change-webhooks" } } as const;
  http.patch("/bins/:id", options, async ({ provider, params, body }) => {
    const key = { providerId: provider.id, id: params.id };
    const answer = { answerStatus: body.answer_status, answerDelayMs: body.answer_delay_ms };
    const bin = await pool.inTransaction((tx) => changeBinAnswer(tx, key, answer));
    if (!bin) throw new Problem("not-found");
    return representBin(bin, adminPortalUrl(provider));
  });
};
