import { listAuditRecords } from "#access/index.ts";
import { parseRowId } from "#platform/ids.ts";
import type { BellwireApiRoute } from "../bellwire-api-route.ts";
import { cutPage, pageLimit } from "../cut-page.ts";
import { cursorOf } from "../read-query.ts";
import * as operations from "./audit-record-schema.ts";
import { representAuditRecord } from "./represent-audit-record.ts";

export const listAuditRecordsRoute: BellwireApiRoute = async (http, { pool }) => {
  const options = { schema: operations.listAuditRecords, config: { deed: "read-audit" } } as const;
  http.get("/audit_records", options, async ({ provider, query }) => {
    const { limit = pageLimit, after } = query;
    const records = await listAuditRecords(pool, provider.id, {
      before: cursorOf(after, parseRowId),
      limit: limit + 1,
    });
    return cutPage(records, limit, { show: representAuditRecord, cursorOf: ({ id }) => String(id) });
  });
};
