import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { sessionSeconds } from "#access/index.ts";
import { settings } from "#platform/config/settings.ts";
import { binLimits } from "#platform/bin-and-stream-limits.ts";
import { jobLimits } from "#platform/limits.ts";
import { minuteDays } from "#webhooks/statistics/index.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const runbook = readFileSync(`${root}docs/runbooks/data-protection.md`, "utf8");
const rows = runbook
  .slice(runbook.indexOf("## Retention"))
  .split("\n")
  .filter((line) => line.startsWith("| ") && line.includes("`"))
  .map((line) => line.split("|").map((cell) => cell.trim()));

const keptOf = (table: string): string => rows.find(([, , tables]) => tables?.includes(`\`${table}\``))?.[3] ?? "";

test("the retention table names every table of a cell once", () => {
  const schema = readFileSync(`${root}server/schema.sql`, "utf8");
  const cell = schema.slice(schema.indexOf("-- A cell."));
  const tables = Array.from(cell.matchAll(/^create (?:unlogged )?table (\w+)/gm), ([, name = ""]) => name);
  const named = rows.flatMap(([, , cells = ""]) => Array.from(cells.matchAll(/`(\w+)`/g), ([, name = ""]) => name));
  expect(named.toSorted()).toEqual(tables.toSorted());
});

test("the retention table has the periods by which rows are deleted", () => {
  const days = (count: unknown): string => `${String(count)} days`;
  expect(keptOf("events")).toContain(days(settings.retentionDays.fallback));
  expect(keptOf("mails")).toContain(days(settings.retentionDays.fallback));
  expect(keptOf("audit_records")).toBe(days(settings.auditRetentionDays.fallback));
  expect(keptOf("jobs")).toContain(`exports ${days(jobLimits.resultDays.max)}`);
  expect(keptOf("statistics_days")).toBe(
    `minutes ${days(minuteDays)}, hours and days ${days(settings.statisticsDays.fallback)}`,
  );
  const { developer, admin } = sessionSeconds;
  expect(keptOf("sessions")).toContain(`developers ${days(developer / 86_400)}, admins ${admin / 3600} hours`);
  expect(keptOf("bin_requests")).toContain(`newest ${binLimits.keptRequests.max}`);
});
