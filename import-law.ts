/** The layers, lowest first. A folder may import what stands above it in this list, and only through its index.ts. */
export const layers = [
  { name: "platform", folder: "server/src/platform/*" }, // its files are its doors
  { name: "access", folder: "server/src/access" },
  { name: "deliveries", folder: "server/src/webhooks/deliveries" },
  { name: "events", folder: "server/src/webhooks/events" },
  { name: "endpoints", folder: "server/src/webhooks/endpoints" },
  { name: "attempts", folder: "server/src/webhooks/attempts" },
  { name: "replays", folder: "server/src/webhooks/replays" },
  { name: "engine", folder: "server/src/webhooks/engine" },
  { name: "providers", folder: "server/src/portal/providers" },
  { name: "mails", folder: "server/src/portal/mails" },
  { name: "fields", folder: "server/src/portal/fields" },
  { name: "products", folder: "server/src/portal/products" },
  { name: "accounts", folder: "server/src/portal/accounts" },
  { name: "users", folder: "server/src/portal/users" },
  { name: "applications", folder: "server/src/portal/applications" },
  { name: "whole-accounts", folder: "server/src/portal/whole-accounts" }, // what needs all three at once: sign-up, deletion
  { name: "provider-account", folder: "server/src/portal/provider-account" }, // the provider's own settings, users and tokens, and its creation
  { name: "outages", folder: "server/src/outages" },
  { name: "request-bin", folder: "server/src/request-bin" },
  { name: "http-shared", folder: "server/src/http/shared" }, // its files are its doors
  { name: "http", folder: "server/src/http/*" }, // doors know nothing of each other
  { name: "cli", folder: "server/src/cli" },
  { name: "app", folder: "server/src/app" },
] as const;

export type Layer = (typeof layers)[number]["name"];

/** Narrower than the order alone: the portal tells of a change and knows nothing of its delivery. */
const only: Partial<Record<Layer, readonly Layer[]>> = {
  providers: ["platform", "access", "events"],
  mails: ["platform", "access", "providers"],
  fields: ["platform", "access", "events", "providers"],
  products: ["platform", "access", "events", "providers", "fields"],
  accounts: ["platform", "access", "events", "providers", "fields", "products"],
  users: ["platform", "access", "events", "providers", "mails", "fields", "accounts"],
  applications: ["platform", "access", "events", "providers", "mails", "fields", "products", "accounts", "users"],
  "whole-accounts": [
    "platform",
    "access",
    "events",
    "providers",
    "mails",
    "fields",
    "products",
    "accounts",
    "users",
    "applications",
  ],
  "provider-account": ["platform", "access", "providers", "mails", "fields", "products", "users"],
  outages: ["platform", "access", "mails"],
  "request-bin": ["platform", "access"],
};

/** What a layer may import, lowest first. */
export function mayImport(from: Layer): readonly Layer[] {
  return (
    only[from] ??
    layers
      .slice(
        0,
        layers.findIndex((layer) => layer.name === from),
      )
      .map((layer) => layer.name)
  );
}
