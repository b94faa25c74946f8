import { parseTime } from "#platform/times.ts";
import {
  type Failure,
  type FailurePage,
  deliveryId,
  listFailures,
  parseDeliveryId,
} from "#webhooks/deliveries/index.ts";
import type { BellwireApiRoute } from "../bellwire-api-route.ts";
import { cutPage, pageLimit } from "../cut-page.ts";
import { cursorOf } from "../read-query.ts";
import * as operations from "./failure-operations.ts";
import { failureFilterOf } from "./read-failure-filter.ts";
import { representFailure } from "./represent-failure.ts";

export const listFailuresRoute: BellwireApiRoute = async (http, { pool, encryption }) => {
  const options = { schema: operations.listFailures, config: { deed: "read-failures" } } as const;
  http.get("/failures", options, async (request) => {
    const { limit = pageLimit, after, order } = request.query;
    const page = { order, after: cursorOf(after, readCursor), limit: limit + 1 };
    const failures = await listFailures(pool, encryption, failureFilterOf(request, request.query), page);
    return cutPage(failures, limit, { show: representFailure, cursorOf: cursorOfFailure });
  });
};

const cursorOfFailure = (failure: Failure): string => `${failure.failedAt.toISOString()}~${deliveryId(failure)}`;

function readCursor(text: string): FailurePage["after"] {
  const [time = "", id = ""] = text.split("~");
  const [failedAt, key] = [parseTime(time), parseDeliveryId(id)];
  return failedAt && key ? { failedAt, ...key } : undefined;
}
