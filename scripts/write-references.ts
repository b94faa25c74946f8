// Writes the generated references: settings, errors, limits, events, metrics, a dashboard, both APIs, the schema.
import { writeFile } from "node:fs/promises";
import { version } from "../server/src/platform/http.ts";
import { describeAccountManagementApi } from "../server/src/http/account-management-api/index.ts";
import { bellwireApiDocument } from "../server/src/http/bellwire-api/index.ts";
import { accountManagementApiCoverage } from "./account-management-api-coverage.ts";
import { errorsReference } from "./errors-reference.ts";
import { eventsReference } from "./events-reference.ts";
import { grafanaDashboard } from "./grafana-dashboard.ts";
import { limitsReference } from "./limits-reference.ts";
import { declareMetrics, metricsReference } from "./metrics-reference.ts";
import { describeMigratedDatabase } from "./schema-reference.ts";
import { settingsReference } from "./settings-reference.ts";

const json = (document: unknown): string => `${JSON.stringify(document, undefined, 2)}\n`;

const metrics = declareMetrics(version);

const references: Readonly<Record<string, string>> = {
  "docs/reference/settings.md": settingsReference(),
  "docs/reference/errors.md": errorsReference(),
  "docs/reference/limits.md": limitsReference(),
  "docs/reference/events.md": eventsReference(),
  "docs/reference/metrics.md": await metricsReference(metrics),
  "docs/reference/bellwire-api.openapi.json": json(await bellwireApiDocument(version)),
  "docs/reference/account-management-api.openapi.json": json(await describeAccountManagementApi(version)),
  "docs/reference/account-management-api-coverage.md": accountManagementApiCoverage(),
  "deploy/monitoring/dashboard.json": json(await grafanaDashboard(metrics)),
  "server/schema.sql": await describeMigratedDatabase(),
};

for (const [path, text] of Object.entries(references)) {
  await writeFile(new URL(`../${path}`, import.meta.url), text.endsWith("\n") ? text : `${text}\n`);
}
