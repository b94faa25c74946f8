import { retryFailures } from "#webhooks/deliveries/index.ts";
import type { BellwireApiRoute } from "../bellwire-api-route.ts";
import * as operations from "./failure-operations.ts";
import { failureFilterOf } from "./read-failure-filter.ts";

export const retryFailuresRoute: BellwireApiRoute = async (http, { pool, callerOf }) => {
  const options = { schema: operations.retryFailures, config: { deed: "change-failures" } } as const;
  http.post("/failures/retry", options, async (request) => {
    const filter = failureFilterOf(request, { ...request.query, ...request.body });
    const { actor } = callerOf(request);
    return { retried: await retryFailures(pool, filter, { actor }) };
  });
};
