import { parseRowId } from "#platform/ids.ts";
import { listMails } from "#portal/mails/index.ts";
import type { BellwireApiRoute } from "../bellwire-api-route.ts";
import { cutPage, pageLimit } from "../cut-page.ts";
import { cursorOf } from "../read-query.ts";
import * as operations from "./mail-schema.ts";
import { representMail } from "./represent-mail.ts";

export const listMailsRoute: BellwireApiRoute = async (http, { pool }) => {
  // The links in mails open accounts, so they are for admins alone, and for no read-only token.
  const options = { schema: operations.listMails, config: { deed: "administer-portal" } } as const;
  http.get("/mails", options, async ({ provider, query }) => {
    const { limit = pageLimit, after } = query;
    const mails = await listMails(pool, provider.id, { before: cursorOf(after, parseRowId), limit: limit + 1 });
    return cutPage(mails, limit, { show: representMail, cursorOf: ({ id }) => String(id) });
  });
};
