import type { Registry } from "prom-client";

/** One query of a panel. */
interface Query {
  readonly expr: string;
  /** The legend, with labels in double braces. */
  readonly legend: string;
}

interface Panel {
  readonly title: string;
  /** A unit of Grafana: `s`, `reqps`, `cps`, `percentunit`, `short`. */
  readonly unit: string;
  readonly queries: readonly Query[];
  /** A single number that is orange and red from these values on, instead of a graph. */
  readonly limits?: readonly [warning: number, critical: number];
  /** Reverses the colours: values below the limits are bad. */
  readonly isGoodAbove?: true;
}

interface Row {
  readonly title: string;
  readonly panels: readonly Panel[];
}

/** Selects a metric of the processes that the dashboard's variables choose. */
const of = (metric: string, ...labels: readonly string[]): string =>
  `${metric}{${['job=~"$job"', 'instance=~"$instance"', ...labels].join(", ")}}`;

const rate = (metric: string, ...labels: readonly string[]): string =>
  `rate(${of(metric, ...labels)}[$__rate_interval])`;

const quantile = (share: number, metric: string, by: readonly string[] = []): string =>
  `histogram_quantile(${share}, sum by (${["le", ...by].join(", ")}) (${rate(`${metric}_bucket`)}))`;

const quantiles = (metric: string): readonly Query[] =>
  [0.5, 0.95, 0.99].map((share) => ({ expr: quantile(share, metric), legend: `p${share * 100}` }));

/** A metric that every process reports alike. */
const largest = (metric: string): string => `max(${of(metric)})`;

const answered = (...labels: readonly string[]): string => `sum(${rate("bellwire_attempts_total", ...labels)})`;

const requests = "bellwire_http_request_duration_seconds_count";

const rows: readonly Row[] = [
  {
    title: "Now",
    panels: [
      {
        title: "Oldest due delivery",
        unit: "s",
        queries: [{ expr: largest("bellwire_oldest_due_age_seconds"), legend: "" }],
        limits: [5, 60],
      },
      {
        title: "Oldest undelivered event",
        unit: "s",
        queries: [{ expr: largest("bellwire_oldest_undelivered_event_age_seconds"), legend: "" }],
        limits: [600, 3600],
      },
      {
        title: "Due deliveries",
        unit: "short",
        queries: [{ expr: largest("bellwire_due_deliveries"), legend: "" }],
        limits: [1000, 10_000],
      },
      {
        title: "Failures",
        unit: "short",
        queries: [{ expr: largest("bellwire_failures"), legend: "" }],
        limits: [1, 1000],
      },
      {
        title: "Attempts that deliver",
        unit: "percentunit",
        queries: [{ expr: `${answered('next="done"')} / ${answered()}`, legend: "" }],
        limits: [0.9, 0.99],
        isGoodAbove: true,
      },
      {
        title: "Requests with 5xx",
        unit: "percentunit",
        queries: [{ expr: `sum(${rate(requests, 'status="5xx"')}) / sum(${rate(requests)})`, legend: "" }],
        limits: [0.001, 0.01],
      },
    ],
  },
  {
    title: "Deliveries",
    panels: [
      {
        title: "Attempts by outcome",
        unit: "reqps",
        queries: [
          {
            expr: `sum by (outcome, next) (${rate("bellwire_attempts_total")})`,
            legend: "{{outcome}}, then {{next}}",
          },
        ],
      },
      {
        title: "Receivers that stopped responding together",
        unit: "short",
        queries: [{ expr: largest("bellwire_receivers_silent_together"), legend: "receivers" }],
      },
      { title: "Duration of attempts", unit: "s", queries: quantiles("bellwire_attempt_duration_seconds") },
      {
        title: "Backlog",
        unit: "short",
        queries: [
          { expr: largest("bellwire_due_deliveries"), legend: "due" },
          { expr: largest("bellwire_held_deliveries"), legend: "held" },
          { expr: largest("bellwire_failures"), legend: "failures" },
          { expr: largest("bellwire_mails_waiting"), legend: "mails" },
        ],
      },
      {
        title: "Attempts in flight and windows",
        unit: "short",
        queries: [
          { expr: of("bellwire_attempts_in_flight"), legend: "in flight, {{instance}}" },
          { expr: of("bellwire_windows_slots"), legend: "allowed, {{instance}}" },
          { expr: of("bellwire_windows_narrowest_slots"), legend: "narrowest, {{instance}}" },
        ],
      },
      {
        title: "Endpoints per engine",
        unit: "short",
        queries: [
          { expr: of("bellwire_lanes_owned"), legend: "{{instance}}" },
          { expr: of("bellwire_undecryptable_endpoints"), legend: "undecryptable, {{instance}}" },
        ],
      },
      {
        title: "Bodies in memory",
        unit: "bytes",
        queries: [
          { expr: of("bellwire_bodies_in_memory_bytes"), legend: "{{instance}}" },
          { expr: of("bellwire_bodies_in_memory_max_bytes"), legend: "room, {{instance}}" },
        ],
      },
      {
        title: "Lag of the statistics",
        unit: "s",
        queries: [{ expr: of("bellwire_statistics_lag_seconds"), legend: "{{instance}}" }],
      },
      {
        title: "Time without an accepted mail",
        unit: "s",
        queries: [{ expr: largest("bellwire_mails_refused_seconds"), legend: "refused" }],
      },
      {
        title: "Name look-ups",
        unit: "reqps",
        queries: [{ expr: `sum by (result) (${rate("bellwire_name_lookups_total")})`, legend: "{{result}}" }],
      },
      { title: "Duration of name look-ups", unit: "s", queries: quantiles("bellwire_name_lookup_duration_seconds") },
      {
        title: "Attempts without descriptor, port or memory",
        unit: "cps",
        queries: [{ expr: `sum by (code) (${rate("bellwire_attempts_not_made_total")})`, legend: "{{code}}" }],
      },
    ],
  },
  {
    title: "Requests",
    panels: [
      {
        title: "Requests by status",
        unit: "reqps",
        queries: [{ expr: `sum by (status) (${rate(requests)})`, legend: "{{status}}" }],
      },
      { title: "Duration of requests", unit: "s", queries: quantiles("bellwire_http_request_duration_seconds") },
      {
        title: "Slowest routes (p95)",
        unit: "s",
        queries: [
          {
            expr: `topk(5, ${quantile(0.95, "bellwire_http_request_duration_seconds", ["method", "route"])})`,
            legend: "{{method}} {{route}}",
          },
        ],
      },
      {
        title: "Changes that wait because deliveries are late",
        unit: "short",
        queries: [{ expr: `sum(${rate("bellwire_change_delays_seconds_total")})`, legend: "waiting" }],
      },
    ],
  },
  {
    title: "Database",
    panels: [
      {
        title: "Steps of the engine (p95)",
        unit: "s",
        queries: [{ expr: quantile(0.95, "bellwire_engine_step_duration_seconds", ["step"]), legend: "{{step}}" }],
      },
      { title: "Wait for a connection", unit: "s", queries: quantiles("bellwire_database_wait_seconds") },
      {
        title: "Work that waits for a connection",
        unit: "short",
        queries: [{ expr: of("bellwire_database_waiting"), legend: "{{instance}}" }],
      },
      {
        title: "Days with tables",
        unit: "short",
        queries: [{ expr: `min(${of("bellwire_history_days_ready")})`, legend: "days" }],
      },
      {
        title: "Clock, retention, housekeeping, feeds",
        unit: "s",
        queries: [
          { expr: of("bellwire_clock_ahead_seconds"), legend: "ahead, {{instance}}" },
          { expr: largest("bellwire_retention_behind_seconds"), legend: "retention behind" },
          { expr: largest("bellwire_housekeeping_failing_seconds"), legend: "housekeeping fails" },
          { expr: largest("bellwire_feeds_held_seconds"), legend: "feeds held" },
        ],
      },
      {
        title: "Disk of the database",
        unit: "bytes",
        queries: [
          { expr: largest("bellwire_database_bytes"), legend: "size of the database" },
          { expr: largest("bellwire_database_disk_free_bytes"), legend: "free on the disk (embedded)" },
        ],
      },
      {
        title: "Changes refused for lack of space, free part of the disk",
        unit: "percentunit",
        queries: [
          { expr: largest("bellwire_database_full"), legend: "changes are refused" },
          { expr: largest("bellwire_database_disk_free_ratio"), legend: "free part (embedded)" },
        ],
      },
      {
        title: "Limits of developers",
        unit: "percentunit",
        queries: [{ expr: largest("bellwire_developer_limits_used_ratio"), legend: "used" }],
      },
      {
        title: "Failovers, restores, engine restarts",
        unit: "short",
        queries: [
          { expr: largest("bellwire_database_switches"), legend: "database switches" },
          { expr: largest("bellwire_held_endpoints"), legend: "endpoints held after a restore" },
          { expr: largest("bellwire_held_mails_and_jobs"), legend: "mails and jobs held after a restore" },
          { expr: largest("bellwire_directory_away"), legend: "directory away" },
          {
            expr: `increase(${of("bellwire_engine_restarts_total")}[$__rate_interval])`,
            legend: "engine restarts, {{instance}}",
          },
        ],
      },
    ],
  },
  {
    title: "Processes",
    panels: [
      {
        title: "Processor",
        unit: "percentunit",
        queries: [{ expr: rate("process_cpu_seconds_total"), legend: "{{instance}} {{process}}" }],
      },
      {
        title: "Memory",
        unit: "bytes",
        queries: [{ expr: of("process_resident_memory_bytes"), legend: "{{instance}} {{process}}" }],
      },
      {
        title: "Event loop delay (p99)",
        unit: "s",
        queries: [{ expr: of("nodejs_eventloop_lag_p99_seconds"), legend: "{{instance}} {{process}}" }],
      },
      {
        title: "Telemetry to the collector",
        unit: "cps",
        queries: [
          { expr: `sum by (signal, result) (${rate("bellwire_telemetry_total")})`, legend: "{{signal}}, {{result}}" },
        ],
      },
    ],
  },
];

const columns = 24;
const perRow = 3;
const dataSource = { type: "prometheus", uid: "${datasource}" };

/** A variable that lists the values of a label. */
const labelVariable = (name: string, label: string, query: string) => ({
  name,
  label,
  type: "query",
  datasource: dataSource,
  query: { query, refId: name },
  definition: query,
  refresh: 2,
  sort: 1,
  multi: true,
  includeAll: true,
  allValue: ".+",
  current: { text: "All", value: "$__all", selected: true },
});

/** Returns the metrics that an expression names, by their declared names. */
const metricsIn = (expr: string, declared: Iterable<string>): readonly string[] =>
  [...declared].filter((name) => new RegExp(`\\b${name}(?:_bucket|_count|_sum)?\\b`).test(expr));

/** Renders a dashboard for Grafana 11 and newer. The descriptions of its panels are those of their metrics. */
export async function grafanaDashboard(metrics: Registry): Promise<object> {
  const helps = new Map((await metrics.getMetricsAsJSON()).map(({ name, help }) => [name, help]));
  const panels: object[] = [];
  let y = 0;
  for (const { title, panels: ofRow } of rows) {
    panels.push({
      id: panels.length + 1,
      type: "row",
      title,
      collapsed: false,
      gridPos: { x: 0, y, w: columns, h: 1 },
    });
    y += 1;
    const isNumbers = ofRow.every(({ limits }) => limits);
    const across = isNumbers ? ofRow.length : perRow;
    const [width, height] = [columns / across, isNumbers ? 4 : 8];
    for (const [index, panel] of ofRow.entries()) {
      const gridPos = { x: (index % across) * width, y: y + Math.floor(index / across) * height, w: width, h: height };
      const names = metricsIn(panel.queries.map(({ expr }) => expr).join(" "), helps.keys());
      const description = names.map((name) => `${name}: ${helps.get(name) ?? ""}`).join("\n\n");
      panels.push({ id: panels.length + 1, description, gridPos, ...renderPanel(panel) });
    }
    y += Math.ceil(ofRow.length / across) * height;
  }
  return {
    uid: "bellwire",
    title: "Bellwire",
    tags: ["bellwire", "webhooks"],
    schemaVersion: 39,
    editable: false,
    graphTooltip: 1,
    refresh: "30s",
    time: { from: "now-3h", to: "now" },
    templating: {
      list: [
        { name: "datasource", label: "Data source", type: "datasource", query: "prometheus", current: {} },
        labelVariable("job", "Job", "label_values(bellwire_build_info, job)"),
        labelVariable("instance", "Instance", 'label_values(bellwire_build_info{job=~"$job"}, instance)'),
      ],
    },
    annotations: { list: [] },
    panels,
  };
}

function renderPanel({ title, unit, queries, limits, isGoodAbove }: Panel): object {
  const targets = queries.map(({ expr, legend }, index) => ({
    refId: String.fromCodePoint(65 + index),
    datasource: dataSource,
    expr,
    legendFormat: legend,
  }));
  const [good, worse, bad] = isGoodAbove ? ["red", "orange", "green"] : ["green", "orange", "red"];
  const steps = limits
    ? [
        { color: good, value: null },
        { color: worse, value: limits[0] },
        { color: bad, value: limits[1] },
      ]
    : [{ color: "green", value: null }];
  return {
    type: limits ? "stat" : "timeseries",
    title,
    datasource: dataSource,
    targets,
    fieldConfig: {
      defaults: {
        unit,
        thresholds: { mode: "absolute", steps },
        ...(limits ? {} : { custom: { fillOpacity: 10, showPoints: "never" } }),
      },
      overrides: [],
    },
    options: limits
      ? { colorMode: "background", graphMode: "area", reduceOptions: { calcs: ["lastNotNull"] } }
      : { legend: { displayMode: "list", placement: "bottom" }, tooltip: { mode: "multi", sort: "desc" } },
  };
}
