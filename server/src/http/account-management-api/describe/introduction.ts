import { webhooksTag } from "#http/shared/describe-webhooks.ts";
import type { Tag } from "../operation.ts";

export const description = `Accounts, users, applications and the webhook, as 3scale's API has them.

Each path also takes an extension, \`.xml\` or \`.json\`; without one the parameter \`format\` decides, then \`Accept\`, and without
that it is XML. Bodies are forms, multipart forms or JSON. Where something is updated, PATCH does what PUT does.

XML is sent on one line; here it is shown with an element a line. What an operation changes is told to your
receivers: see *${webhooksTag.name}*.`;

export const securitySchemes = {
  access_token: {
    type: "apiKey",
    in: "query",
    name: "access_token",
    description: "Acts as the token's user. In the query, or in the body as a field of this name.",
  },
  provider_key: {
    type: "apiKey",
    in: "query",
    name: "provider_key",
    description: "Acts without a user. In the query, or in the body as a field of this name.",
  },
  basic: { type: "http", scheme: "basic", description: "Either of them, as user name or as password." },
  bearer: { type: "http", scheme: "bearer", description: "Either of them." },
  session: {
    type: "apiKey",
    in: "cookie",
    name: "bellwire_admin",
    description: "The Admin Portal's session. What changes things also needs its token in `x-csrf-token`.",
  },
};

const says: Readonly<Record<Tag, string>> = {
  Webhooks: "Where what happens is sent to, and what could not be delivered.",
  Signup: "An account with all that belongs to it, at once.",
  Accounts: "The organisations of the developers who use your API.",
  Users: "The people of an account.",
  Applications: "What an account calls your API with.",
  "Application keys": "The secrets of an application, and the hosts that it may call from.",
  "Account plans": "On which terms accounts are held.",
  "Application plans": "On which terms a service may be used.",
  Services: "Your APIs.",
  "Access tokens": "What programs prove with whom they act for.",
  "Fields definitions": "What is kept of accounts, users and applications besides.",
  Settings: "What developers may do in the Developer Portal.",
  Provider: "Your own account and its people.",
};

export const tags = [...Object.entries(says).map(([name, text]) => ({ name, description: text })), webhooksTag];
