import { countFailures } from "#webhooks/deliveries/index.ts";
import type { BellwireApiRoute } from "../bellwire-api-route.ts";
import * as operations from "./failure-operations.ts";

export const countFailuresRoute: BellwireApiRoute = async (http, { pool }) => {
  const options = { schema: operations.countFailures, config: { deed: "read-failures" } } as const;
  http.get("/failures/count", options, async ({ provider, query }) => ({
    count: await countFailures(pool, provider.id, query.endpoint_id),
  }));
};
