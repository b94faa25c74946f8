import type { FastifyInstance } from "fastify";
import { webhooksTag } from "#http/shared/describe-webhooks.ts";
import { type JsonObject, describeRoutes } from "#platform/open-api.ts";
import { completeDocument } from "./complete-document.ts";

/** Starts the OpenAPI document of the Bellwire API. Call it before its routes are added. */
export function describeBellwireApi(http: FastifyInstance, version: string): Promise<() => JsonObject> {
  return describeRoutes(http, {
    title: "Bellwire API",
    version,
    complete: completeDocument,
    description:
      "Endpoints, events, deliveries, failures and bins. JSON, in snake_case. Lists give `limit` things at a time and a " +
      "cursor, `next`, to go on with. Errors are `application/problem+json` (RFC 9457) with a stable `code`.",
    securitySchemes: {
      token: { type: "http", scheme: "bearer", description: "An access token with the scope `account_management`." },
      session: {
        type: "apiKey",
        in: "cookie",
        name: "bellwire_admin",
        description: "The Admin Portal's session. What changes things also needs its token in `x-csrf-token`.",
      },
    },
    tags: [
      { name: "Endpoints", description: "Where to send, which events, and how." },
      { name: "Event types", description: "What can happen." },
      { name: "Events", description: "What happened." },
      { name: "Deliveries", description: "One event for one endpoint, with each attempt." },
      { name: "Failures", description: "Deliveries whose attempts are used up." },
      { name: "Replays", description: "Events of a span of time, sent to an endpoint again." },
      { name: "Bins", description: "Built-in receivers that show what they caught." },
      {
        name: "Developers",
        description: "What the Account Management API cannot do to accounts, users and applications.",
      },
      { name: "Limits", description: "How many of something there may be." },
      { name: "Mails", description: "What developers were written." },
      { name: "Audit log", description: "Who did what on the provider's side." },
      { name: "Stream", description: "What happens, as it happens." },
      webhooksTag,
    ],
  });
}
