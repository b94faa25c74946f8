import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parser } from "@prometheus-io/lezer-promql";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { grafanaDashboard } from "../../../scripts/grafana-dashboard.ts";
import { declareMetrics } from "../../../scripts/metrics-reference.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const read = (path: string): string => readFileSync(`${root}${path}`, "utf8");

interface Alert {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly runbook_url: string };
}

interface RuleTest {
  readonly alert_rule_test?: readonly { readonly alertname: string; readonly exp_alerts?: readonly unknown[] }[];
}

const alerts: readonly Alert[] = parse(read("deploy/monitoring/alerts.yaml")).groups.flatMap(
  ({ rules }: { readonly rules: readonly Alert[] }) => rules,
);

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly { readonly expr: string; readonly datasource: { readonly uid: string } }[];
  readonly fieldConfig?: { readonly defaults: { readonly unit: string } };
}

const { panels, templating }: { panels: readonly Panel[]; templating: { list: readonly { name: string }[] } } =
  JSON.parse(read("deploy/monitoring/dashboard.json"));

const graphs = panels.filter(({ type }) => type !== "row");
const queries = graphs.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));

/** Names of time series in a PromQL expression. Throws if it does not parse. */
function seriesIn(expr: string): readonly string[] {
  const text = expr.replaceAll("$__rate_interval", "5m");
  const names: string[] = [];
  parser.parse(text).iterate({
    enter({ type, from, to }) {
      if (type.isError) throw new Error(`The expression does not parse at ${from}: ${text}`);
      if (type.name === "Identifier") names.push(text.slice(from, to));
    },
  });
  return names;
}

const metrics = declareMetrics("0.0.0");
const declaredMetrics = (await metrics.getMetricsAsJSON()).map(({ name, type }) => {
  // prom-client declares types of its own as numbers or names.
  const suffixes = String(type) === "histogram" ? ["_bucket", "_count", "_sum"] : [""];
  return { name, series: suffixes.map((suffix) => name + suffix) };
});
const declared = new Set(["up", ...declaredMetrics.flatMap(({ series }) => series)]);

test("alerts and panels use only metrics that a process exports", () => {
  expect(seriesIn('sum(rate(bellwire_nothing{job="x"}[5m]))')).toEqual(["bellwire_nothing"]);
  const named = [...alerts.map(({ expr }) => expr), ...queries].flatMap(seriesIn);
  expect(new Set(named).size).toBeGreaterThan(25);
  expect(named.filter((name) => !declared.has(name))).toEqual([]);
});

test("the dashboard shows each metric of Bellwire", () => {
  const displayed = new Set(queries.flatMap(seriesIn));
  const missing = declaredMetrics.filter(({ series }) => !series.some((name) => displayed.has(name)));
  // The dashboard's variables use this metric.
  expect(missing.map(({ name }) => name).filter((name) => name.startsWith("bellwire_"))).toEqual([
    "bellwire_build_info",
  ]);
});

test("each alert has a severity, a summary and a runbook that names it", () => {
  for (const { alert, labels, annotations } of alerts) {
    const [, page] = /^https:\/\/docs\.example\.com\/bellwire\/runbooks\/([\w-]+)\.html$/.exec(
      annotations.runbook_url,
    ) ?? [undefined, "none"];
    const path = `docs/runbooks/${page}.md`;
    expect({ alert, ...labels, isInRunbook: existsSync(root + path) && read(path).includes(`\`${alert}\``) }).toEqual({
      alert,
      severity: expect.stringMatching(/^(?:critical|warning)$/),
      isInRunbook: true,
    });
    expect(annotations.summary).toMatch(/\.$/);
  }
});

test("each alert has a promtool test in which it fires, and another in which it does not", () => {
  const { tests }: { readonly tests: readonly RuleTest[] } = parse(read("server/test/package/alerts.test.yaml"));
  const cases = tests.flatMap(({ alert_rule_test: ruleTests = [] }) => ruleTests);
  for (const { alert } of alerts) {
    const fires = cases
      .filter(({ alertname }) => alertname === alert)
      .map(({ exp_alerts: expectedAlerts = [] }) => expectedAlerts.length);
    expect([alert, new Set(fires.map(Boolean))]).toEqual([alert, new Set([true, false])]);
  }
});

test("the dashboard's file matches its declaration", async () => {
  const rendered: unknown = JSON.parse(JSON.stringify(await grafanaDashboard(metrics)));
  expect(JSON.parse(read("deploy/monitoring/dashboard.json"))).toEqual(rendered);
});

test("each panel has a description and a unit, and its queries filter by the dashboard's variables", () => {
  expect(templating.list.map(({ name }) => name)).toEqual(["datasource", "job", "instance"]);
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  for (const { title, description, targets = [], fieldConfig } of graphs) {
    expect([title, description, fieldConfig?.defaults.unit]).toEqual([title, expect.any(String), expect.any(String)]);
    expect(targets.length).toBeGreaterThan(0);
    for (const { expr, datasource } of targets) {
      expect(datasource.uid).toBe("${datasource}");
      expect(expr).toContain('job=~"$job", instance=~"$instance"');
      if (/_(?:total|count|bucket)\{/.test(expr)) expect(expr).toMatch(/(?:rate|increase)\(/);
    }
  }
});

test("no two panels overlap", () => {
  const occupied = new Set<string>();
  for (const { gridPos } of panels) {
    expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
    for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1) {
      for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1) {
        expect(occupied.has(`${x},${y}`)).toBe(false);
        occupied.add(`${x},${y}`);
      }
    }
  }
});
