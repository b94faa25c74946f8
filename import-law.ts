/** The layers, lowest first. A layer may import those before it in this list, only through their index.ts. */
export const layers = [
  { name: "platform", folder: "server/src/platform" }, // every file may be imported
  { name: "access", folder: "server/src/access" },
  { name: "cells", folder: "server/src/cells" }, // the directory, and moves of whole providers as rows
  { name: "deliveries", folder: "server/src/webhooks/deliveries" },
  { name: "events", folder: "server/src/webhooks/events" },
  { name: "search", folder: "server/src/webhooks/search" }, // reads deliveries with their events
  { name: "endpoints", folder: "server/src/webhooks/endpoints" },
  { name: "attempts", folder: "server/src/webhooks/attempts" },
  { name: "replays", folder: "server/src/webhooks/replays" }, // above events, because it renders bodies of events that were never sent
  { name: "statistics", folder: "server/src/webhooks/statistics" },
  { name: "jobs", folder: "server/src/webhooks/jobs" }, // above replays, because a job can replay deliveries to another endpoint
  { name: "engine", folder: "server/src/webhooks/engine" },
  { name: "providers", folder: "server/src/portal/providers" },
  { name: "mails", folder: "server/src/portal/mails" },
  { name: "fields", folder: "server/src/portal/fields" },
  { name: "products", folder: "server/src/portal/products" },
  { name: "accounts", folder: "server/src/portal/{accounts,users,applications}" }, // one layer: a sign-up writes all three
  { name: "single-sign-on", folder: "server/src/portal/single-sign-on" }, // above accounts, because a log-in can sign up
  { name: "provider-account", folder: "server/src/portal/provider-account" }, // the provider's own settings, users and tokens, and its creation
  { name: "history", folder: "server/src/portal/history" }, // versions and differences of the portal's objects, from their events
  { name: "alerts", folder: "server/src/alerts" }, // above mails, which it sends, and statistics, which it reads
  { name: "request-bin", folder: "server/src/request-bin" },
  { name: "personal-data", folder: "server/src/personal-data" }, // erasure and export: reads and erases in all modules below
  { name: "http-shared", folder: "server/src/http/shared" }, // every file may be imported
  { name: "http", folder: "server/src/http/*" }, // interfaces do not import each other
  { name: "cli", folder: "server/src/cli" },
  { name: "app", folder: "server/src/app" },
] as const;

export type Layer = (typeof layers)[number]["name"];

/** Stricter than the order: the portal records events and does not depend on their delivery. */
const only: Partial<Record<Layer, readonly Layer[]>> = {
  providers: ["platform", "access", "cells", "events"],
  mails: ["platform", "access", "providers"],
  fields: ["platform", "access", "events", "providers"],
  products: ["platform", "access", "events", "providers", "fields"],
  accounts: ["platform", "access", "events", "providers", "mails", "fields", "products"],
  "single-sign-on": ["platform", "access", "providers", "mails", "fields", "products", "accounts"],
  "provider-account": [
    "platform",
    "access",
    "cells",
    "providers",
    "mails",
    "fields",
    "products",
    "accounts",
    "single-sign-on",
  ],
  history: ["platform", "access", "events", "fields", "accounts"],
  "request-bin": ["platform", "access"],
};

/** Returns the layers that a layer may import, lowest first. */
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
