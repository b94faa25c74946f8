import { listMails, type Mail } from "#portal/mails/index.ts";
import type { BellwireApiRoute } from "../bellwire-api-route.ts";
import { cutPage, pageLimit } from "../cut-page.ts";
import { cursorOf, readId } from "../read-query.ts";
import * as operations from "./mail-schema.ts";

export const listMailsRoute: BellwireApiRoute = async (http, { pool }) => {
  // The links in mails open accounts, so they are for admins alone, and for no read-only token.
  const options = { schema: operations.listMails, config: { deed: "administer-portal" } } as const;
  http.get("/mails", options, async ({ provider, query }) => {
    const { limit = pageLimit, after } = query;
    const mails = await listMails(pool, provider.id, { before: cursorOf(after, readId), limit: limit + 1 });
    return cutPage(mails, limit, { show: representMail, cursorOf: ({ id }) => String(id) });
  });
};

const representMail = ({ id, recipient, subject, text, createdAt, sentAt, attemptsMade, lastError }: Mail) => ({
  id,
  recipient,
  subject,
  text,
  created_at: createdAt.toISOString(),
  sent_at: sentAt?.toISOString() ?? null,
  attempts_made: attemptsMade,
  last_error: lastError,
});
