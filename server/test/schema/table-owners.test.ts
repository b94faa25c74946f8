import { globSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import { test } from "../support/test.ts";
import { schema } from "../support/test-databases.ts";

const source = fileURLToPath(new URL("../../src/", import.meta.url));

/** The module that writes each table. Undefined: only functions of the database do. */
const owners: Readonly<Record<string, string | undefined>> = {
  access_tokens: "access",
  account_plan_requests: "portal/accounts",
  accounts: "portal/accounts",
  alert_rules: "alerts",
  alert_schedules: "alerts",
  alerts: "alerts",
  api_specifications: "portal/products",
  application_keys: "portal/applications",
  applications: "portal/applications",
  attempt_counters: "access",
  attempts: "webhooks/deliveries",
  audit_records: "access",
  authentication_providers: "portal/single-sign-on",
  bin_requests: "request-bin",
  bin_shares: "request-bin",
  bins: "request-bin",
  change_counters: "portal/accounts",
  database_switches: undefined,
  deleted_failures: "webhooks/deliveries",
  deliveries: "webhooks/deliveries",
  due: "webhooks/deliveries",
  endpoints: "webhooks/endpoints",
  engines: "webhooks/deliveries",
  erasures: "personal-data",
  events: "webhooks/events",
  failure_deletions: "webhooks/deliveries",
  failure_mutes: "webhooks/deliveries",
  failures: "webhooks/deliveries",
  features: "portal/products",
  fields_definitions: "portal/fields",
  idempotency_keys: "access",
  identities: "portal/single-sign-on",
  invitations: "portal/users",
  job_chunks: "webhooks/jobs",
  jobs: "webhooks/jobs",
  key_checks: "platform",
  lane_reports: "webhooks/statistics",
  lanes: "webhooks/deliveries",
  mails: "portal/mails",
  messages: "portal/accounts",
  metrics: "portal/products",
  moved_changes: "cells",
  payloads: "webhooks/events",
  plan_features: "portal/products",
  plan_requests: "portal/accounts",
  plans: "portal/products",
  pricing_rules: "portal/products",
  products: "portal/products",
  provider_moves: "cells",
  provider_users: "access",
  providers: "portal/provider-account",
  referrer_filters: "portal/applications",
  replays: "webhooks/replays",
  retention_clock: "webhooks/deliveries",
  saved_views: "access",
  sent_settings: "webhooks/endpoints",
  service_subscriptions: "portal/applications",
  sessions: "access",
  statistics_days: "webhooks/statistics",
  statistics_hours: "webhooks/statistics",
  statistics_minutes: "webhooks/statistics",
  transaction_numbers: undefined,
  usage_limits: "portal/products",
  users: "portal/users",
};

/** Statements outside the owner, as `file: table`. Importing the owner there would close a circle. */
const exceptions = [
  "cells/move/move-provider.ts: lanes", // a moved provider has no engine yet
  "cells/move/move-state.ts: lanes", // engines of the cell that a provider has left must not own any
  "cli/providers.ts: providers", // limits, which only the command line sets
  "portal/accounts/account.ts: service_subscriptions", // an account's first subscriptions, inserted with it
  "portal/accounts/plan-changes.ts: service_subscriptions", // requests for plans, which are its columns
  "portal/applications/application-table.ts: plans", // the custom plan of a deleted application
  "portal/provider-account/provider-settings.ts: plans", // the default plan's approval is one of the provider's settings
  "portal/providers/index.ts: providers", // the insert, for modules below provider-account
  "webhooks/endpoints/change-endpoint.ts: providers", // the source of CloudEvents
];

test("each table is written only by the module that owns it", async ({ database }) => {
  const rows = await database.query<{ name: string }>(
    `select relname as name from pg_class
     where relnamespace = $1::regnamespace and relkind in ('r', 'p') and not relispartition order by relname`,
    [schema],
  );
  const tables = rows.map(({ name }) => name).filter((name) => name !== "migrations");
  expect(Object.keys(owners)).toEqual(tables);

  const writes = globSync("**/*.ts", { cwd: source, exclude: ["**/*.test.ts"] }).flatMap((path) =>
    writtenTables(readFileSync(source + path, "utf8"))
      .filter((table) => tables.includes(table))
      .map((table) => ({ path, table })),
  );
  const isByOwner = ({ path, table }: { path: string; table: string }): boolean =>
    path.startsWith(`${owners[table] ?? "none"}/`);
  const others = writes.filter((write) => !isByOwner(write)).map(({ path, table }) => `${path}: ${table}`);
  expect([...new Set(others)].toSorted()).toEqual(exceptions);
  const written = new Set(writes.map(({ table }) => table));
  expect(tables.filter((table) => owners[table] !== undefined && !written.has(table))).toEqual([]);
});

/** Returns the tables that the statements of a file insert into, update or delete from. */
function writtenTables(file: string): readonly string[] {
  const code = file.replaceAll(/\/\*[^]*?\*\//g, "").replaceAll(/^\s*\/\/.*$/gm, "");
  return [...code.matchAll(/\b(?:insert into|delete from|update)\s+(\w+)/g)].map(([, table = ""]) => table);
}
