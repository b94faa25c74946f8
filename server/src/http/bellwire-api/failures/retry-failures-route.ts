import { retryFailures } from "#webhooks/failures/index.ts";
import type { BellwireApiRoute } from "../bellwire-api-route.ts";
import * as operations from "./failure-operations.ts";
import { meantFilterOf } from "./read-failure-filter.ts";

export const retryFailuresRoute: BellwireApiRoute = async (http, { pool }) => {
  const options = { schema: operations.retryFailures, config: { deed: "change-failures" } } as const;
  http.post("/failures/retry", options, async (request) => {
    const filter = meantFilterOf(request, request.body);
    return { retried: await pool.inTransaction((tx) => retryFailures(tx, filter)) };
  });
};
