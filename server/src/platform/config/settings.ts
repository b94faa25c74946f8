import { unguessableLength } from "../ids.ts";
import { retryWaitLimits, textLimits } from "../limits.ts";
import * as read from "./parsers.ts";
import { defaultText, type Environment, readSources, type Setting, type Sources, unknownNames } from "./parsers.ts";

const declare = <T>(setting: Setting<T>): Setting<T> => setting;

/** Every setting, in the order in which people read of them. docs/reference/settings.md is made from this list. */
export const settings = {
  configFile: declare({
    name: "BELLWIRE_CONFIG_FILE",
    fallback: "",
    meaning:
      "A file with more settings, as lines `NAME=value`; a value with `#` is in quotes. Environment variables win over it.",
    parse: read.optional(read.anyText),
  }),
  port: declare({
    name: "PORT",
    fallback: "3000",
    meaning: "The port to listen on. 0 selects a free port, which the ready line shows.",
    parse: read.wholeNumber(0, 65_535),
  }),
  host: declare({ name: "HOST", fallback: "127.0.0.1", meaning: "The address to listen on.", parse: read.anyText }),
  operationsPort: declare({
    name: "BELLWIRE_OPERATIONS_PORT",
    fallback: "",
    fallbackWords: "unset: they are on `PORT`, with the web role",
    meaning:
      "A separate port for `/healthz`, `/readyz` and `/metrics`, in any role, other than `PORT`; an engine has no other port.",
    parse: read.optional(read.wholeNumber(1, 65_535)),
  }),
  databaseUrl: declare({
    name: "DATABASE_URL",
    fallback: "",
    fallbackWords: "unset: an embedded PostgreSQL",
    meaning:
      "A PostgreSQL connection string, `postgresql://user:password@host/database`. PostgreSQL 16 or newer. Several hosts (`@a,b:5433/`) are tried in order for a primary; `target_session_attrs` is `any`, `primary` or `read-write`. TLS: `?sslmode=verify-full&sslrootcert=/path/ca.pem` verifies the certificate (so do `require` and `verify-ca`), `sslcert` and `sslkey` are the client's, `no-verify` encrypts only. A pooler in transaction mode needs `BELLWIRE_DATABASE_DIRECT_URL`.",
    isSecret: true,
    parse: read.optional(read.secret(read.postgresUrl)),
  }),
  databaseDirectUrl: declare({
    name: "BELLWIRE_DATABASE_DIRECT_URL",
    fallback: "",
    fallbackWords: "unset: `DATABASE_URL` leads to PostgreSQL, or to a pooler in session mode",
    meaning:
      "The database and user of `DATABASE_URL` without its pooler, which may then be in transaction mode (PgBouncer). Carries migrations, hints and checks: one connection per process, and a few briefly.",
    isSecret: true,
    parse: read.optional(read.secret(read.postgresUrl)),
  }),
  cellDatabaseUrl: declare({
    name: "BELLWIRE_CELL_DATABASE_URL",
    fallback: "",
    fallbackWords: "unset: a start needs `DATABASE_URL`",
    meaning:
      "The connection string of a cell on another server, as given to `bellwire cell add`. If `DATABASE_URL` does not respond within 10 s, a start reads the list of cells there and serves them.",
    isSecret: true,
    parse: read.optional(read.secret(read.postgresUrl)),
  }),
  databaseConnections: declare({
    name: "BELLWIRE_DATABASE_CONNECTIONS",
    fallback: "20",
    meaning:
      "Maximum database connections per process, of which the requests of one provider use at most four fifths. Each process also uses one connection for hints and, briefly, one for checks.",
    parse: read.wholeNumber(2, 1000),
  }),
  cells: declare({
    name: "BELLWIRE_CELLS",
    fallback: "all",
    meaning:
      "The cells that the engine of this process serves: names separated by commas, or `all`. The web role serves every cell. `BELLWIRE_DATABASE_CONNECTIONS` and `BELLWIRE_ENGINE_CONCURRENCY` are divided among the cells of a process.",
    parse: read.anyText,
  }),
  databaseWaitSeconds: declare({
    name: "BELLWIRE_DATABASE_WAIT_SECONDS",
    fallback: "60",
    meaning:
      "How long a start waits for a database that does not respond. Commands other than `serve` and `migrate` do not wait.",
    parse: read.wholeNumber(0, 3600),
  }),
  dataDir: declare({
    name: "BELLWIRE_DATA_DIR",
    fallback: "./.bellwire",
    meaning:
      "The folder of the embedded database and of generated keys. Back it up with `bellwire backup`, or while Bellwire is stopped.",
    parse: read.anyText,
  }),
  publicUrl: declare({
    name: "BELLWIRE_PUBLIC_URL",
    fallback: "",
    fallbackWords: "from `HOST` and `PORT`",
    meaning: "The public URL of Bellwire, without a path. With https://, cookies are sent over https only.",
    parse: read.optional(read.siteUrl),
  }),
  baseDomain: declare({
    name: "BELLWIRE_BASE_DOMAIN",
    fallback: "",
    fallbackWords: "unset: the first provider has everything on one origin",
    meaning:
      "Hosts are `{subdomain}.BASE` (Developer Portal) and `{subdomain}-admin.BASE` (Admin Portal, APIs). `/metrics` is then on `BELLWIRE_OPERATIONS_PORT` only.",
    parse: read.optional(read.domainName),
  }),
  providerName: declare({
    name: "BELLWIRE_PROVIDER_NAME",
    fallback: "Acme",
    meaning: "The name of the first provider, created in an empty database.",
    parse: read.anyText,
  }),
  adminUsername: declare({
    name: "BELLWIRE_ADMIN_USERNAME",
    fallback: "admin",
    meaning: "The user name of the first provider's admin.",
    parse: read.anyText,
  }),
  adminPassword: declare({
    name: "BELLWIRE_ADMIN_PASSWORD",
    fallback: "",
    fallbackWords: "random, printed once",
    meaning: "The first admin's password, of 12 characters or more.",
    isSecret: true,
    parse: read.optional(read.secret(read.textUpTo(textLimits.password.max))),
  }),
  accessToken: declare({
    name: "BELLWIRE_ACCESS_TOKEN",
    fallback: "",
    fallbackWords: "random, printed once",
    meaning: `The first admin's access token: read and write, every scope. Use ${unguessableLength} characters or more.`,
    isSecret: true,
    parse: read.optional(read.secret()),
  }),
  providerKey: declare({
    name: "BELLWIRE_PROVIDER_KEY",
    fallback: "",
    fallbackWords: "random, printed once",
    meaning: `The first provider's key. Use ${unguessableLength} characters or more.`,
    isSecret: true,
    parse: read.optional(read.secret()),
  }),
  secretKey: declare({
    name: "BELLWIRE_SECRET_KEY",
    fallback: "",
    fallbackWords: "generated into the data directory when the database is embedded, else required",
    meaning:
      "32 bytes in base64, or several separated by commas, newest first. Encrypts secrets at rest and signs cookies.",
    isSecret: true,
    parse: read.optional(read.secret(read.parseSecretKeys)),
  }),
  allowedTargets: declare({
    name: "BELLWIRE_ALLOWED_TARGETS",
    fallback: "none",
    embeddedFallback: "127.0.0.0/8,::1/128",
    meaning:
      "CIDR blocks of private addresses that deliveries may reach; `none` for none. Receivers' names are looked up in the hosts file and at the name servers of the system; mDNS, LDAP and other sources of nsswitch.conf are not used.",
    parse: read.blocks,
  }),
  deniedTargets: declare({
    name: "BELLWIRE_DENIED_TARGETS",
    fallback: "none",
    meaning:
      "CIDR blocks that deliveries never reach, even if public or allowed; `none` for none. An IPv4 block also covers IPv6 addresses that embed its addresses.",
    parse: read.blocks,
  }),
  caFile: declare({
    name: "BELLWIRE_CA_FILE",
    fallback: "",
    meaning: "A PEM file with additional certificate authorities for receivers.",
    parse: read.optional(read.anyText),
  }),
  proxyUrl: declare({
    name: "BELLWIRE_PROXY_URL",
    fallback: "",
    meaning: "The egress proxy for deliveries.",
    isSecret: true,
    parse: read.optional(read.secret(read.url("http:", "https:"))),
  }),
  tryOut: declare({
    name: "BELLWIRE_TRY_OUT",
    fallback: "off",
    embeddedFallback: "on",
    meaning: "Creates a request bin, and a webhook to it, in an empty database.",
    parse: read.onOrOff,
  }),
  retryWaitsSeconds: declare({
    name: "BELLWIRE_RETRY_WAITS_SECONDS",
    fallback: "60,60,60,60,60",
    meaning: "The default waits before each retry of endpoints of the 3scale format.",
    parse: read.wholeNumbers(0, retryWaitLimits.secondsMax, retryWaitLimits.countMax),
  }),
  smtpUrl: declare({
    name: "BELLWIRE_SMTP_URL",
    fallback: "",
    fallbackWords: "unset: mails stay in an outbox",
    meaning:
      "The mail server, `smtp://user:password@host:port` or `smtps://…`. `smtp://` uses STARTTLS if the server offers it; with `?requireTLS=true` at its end it sends nothing without. With neither a password nor `requireTLS`, clear text would do, so the certificate is not verified.",
    isSecret: true,
    parse: read.optional(read.secret(read.smtpUrl)),
  }),
  disableAfterDays: declare({
    name: "BELLWIRE_DISABLE_AFTER_DAYS",
    fallback: "5",
    meaning:
      "After this many days in which all attempts failed, at least ten, an endpoint is disabled: its events are held until it is enabled again. 0: never. The `default` endpoint is never disabled.",
    parse: read.wholeNumber(0, 3650),
  }),
  heldRowsMax: declare({
    name: "BELLWIRE_HELD_ROWS_MAX",
    fallback: "1000000",
    meaning:
      "Maximum deliveries held for a provider's inactive, paused or disabled endpoints. Beyond it, the oldest go to the failure list.",
    parse: read.wholeNumber(0, 1_000_000_000),
  }),
  heldDaysMax: declare({
    name: "BELLWIRE_HELD_DAYS_MAX",
    fallback: "90",
    meaning: "Days after which a held delivery goes to the failure list.",
    parse: read.wholeNumber(1, 3650),
  }),
  retentionDays: declare({
    name: "BELLWIRE_RETENTION_DAYS",
    fallback: "30",
    meaning: "Retention of events, deliveries and attempts, in days.",
    parse: read.wholeNumber(1, 3650),
  }),
  stopDelaySeconds: declare({
    name: "BELLWIRE_STOP_DELAY_SECONDS",
    fallback: "0",
    meaning:
      "How long `/readyz` answers 503 before a stop begins, while requests are still accepted: as long as load balancers need to notice. A second signal ends it.",
    parse: read.wholeNumber(0, 300),
  }),
  auditRetentionDays: declare({
    name: "BELLWIRE_AUDIT_RETENTION_DAYS",
    fallback: "730",
    meaning: "Retention of audit records, in days. Export them before, if you must keep them longer.",
    parse: read.wholeNumber(30, 36_500),
  }),
  statisticsDays: declare({
    name: "BELLWIRE_STATISTICS_DAYS",
    fallback: "400",
    meaning:
      "Retention of statistics by the hour and by the day, in days; months are dropped whole. Statistics by the minute are kept for 3 days.",
    parse: read.wholeNumber(31, 36_500),
  }),
  trustedProxies: declare({
    name: "BELLWIRE_TRUSTED_PROXIES",
    fallback: "none",
    meaning:
      "CIDR blocks of proxies whose `X-Forwarded-*` headers are trusted; `none` for none. They must not pass on `X-Forwarded-Host` of a client.",
    parse: read.blocks,
  }),
  engineConcurrency: declare({
    name: "BELLWIRE_ENGINE_CONCURRENCY",
    fallback: "200",
    meaning:
      "Maximum concurrent attempts per engine. In addition, up to four times as many first attempts to endpoints that have not responded for 0.2 s.",
    parse: read.wholeNumber(1, 2000),
  }),
  engineProcess: declare({
    name: "BELLWIRE_ENGINE_PROCESS",
    fallback: "auto",
    meaning:
      "The process of the engine when `serve` runs all roles: its own (`own`) or that of the web role (`shared`). `auto` is `own` with two or more cores.",
    parse: read.oneOf("auto", "own", "shared"),
  }),
  logLevel: declare({
    name: "BELLWIRE_LOG_LEVEL",
    fallback: "info",
    meaning:
      "The minimum level of log lines: fatal, error, warn, info, debug, trace or silent. The signal SIGUSR2 switches a running process to debug and back.",
    parse: read.oneOf("fatal", "error", "warn", "info", "debug", "trace", "silent"),
  }),
  otlpEndpoint: declare({
    name: "OTEL_EXPORTER_OTLP_ENDPOINT",
    fallback: "",
    fallbackWords: "unset: nothing is pushed",
    meaning:
      "The OpenTelemetry collector, such as `http://collector:4318`: traces go to `/v1/traces` below it, metrics to `/v1/metrics`. Set the `OTEL_…` settings alike for all processes.",
    parse: read.optional(read.url("http:", "https:")),
  }),
  otlpHeaders: declare({
    name: "OTEL_EXPORTER_OTLP_HEADERS",
    fallback: "",
    meaning: "Headers for the collector, `name=value` separated by commas, such as `authorization=Bearer%20…`.",
    isSecret: true,
    parse: read.secret(read.pairs),
  }),
  otlpProtocol: declare({
    name: "OTEL_EXPORTER_OTLP_PROTOCOL",
    fallback: "http/protobuf",
    meaning: "The protocol of the collector. Only `http/protobuf` is supported.",
    parse: read.oneOf("http/protobuf"),
  }),
  otelDisabled: declare({
    name: "OTEL_SDK_DISABLED",
    fallback: "false",
    meaning: "Pushes nothing, although a collector is set.",
    parse: read.onOrOff,
  }),
  serviceName: declare({
    name: "OTEL_SERVICE_NAME",
    fallback: "",
    fallbackWords: "`service.name` of `OTEL_RESOURCE_ATTRIBUTES`, else `bellwire`",
    meaning: "The attribute `service.name` of traces and pushed metrics.",
    parse: read.optional(read.anyText),
  }),
  resourceAttributes: declare({
    name: "OTEL_RESOURCE_ATTRIBUTES",
    fallback: "",
    meaning: "More attributes of traces and pushed metrics, `name=value` separated by commas.",
    parse: read.pairs,
  }),
  tracesExporter: declare({
    name: "OTEL_TRACES_EXPORTER",
    fallback: "otlp",
    meaning: "`otlp` records traces and sends `traceparent` to receivers, `none` does neither.",
    parse: read.oneOf("otlp", "none"),
  }),
  tracesSampler: declare({
    name: "OTEL_TRACES_SAMPLER",
    fallback: "parentbased_always_on",
    meaning:
      "The requests to trace: always_on, always_off, traceidratio, or one of these with `parentbased_`, which follows the decision of a caller that sends `traceparent`. `BELLWIRE_TRACES_PER_SECOND` limits all of them.",
    parse: read.oneOf(
      "always_on",
      "always_off",
      "traceidratio",
      "parentbased_always_on",
      "parentbased_always_off",
      "parentbased_traceidratio",
    ),
  }),
  tracesSamplerArg: declare({
    name: "OTEL_TRACES_SAMPLER_ARG",
    fallback: "1",
    meaning: "The share of traces for the samplers with `traceidratio`, from 0 to 1.",
    parse: read.share,
  }),
  tracesPerSecond: declare({
    name: "BELLWIRE_TRACES_PER_SECOND",
    fallback: "10",
    meaning: "Maximum traced requests per second and web process, for changes and for reads each.",
    parse: read.wholeNumber(1, 100_000),
  }),
  metricsExporter: declare({
    name: "OTEL_METRICS_EXPORTER",
    fallback: "otlp",
    meaning: "`otlp` also pushes the metrics of `/metrics` to the collector, `none` does not.",
    parse: read.oneOf("otlp", "none"),
  }),
  metricExportIntervalMs: declare({
    name: "OTEL_METRIC_EXPORT_INTERVAL",
    fallback: "60000",
    meaning: "How often metrics are pushed, in milliseconds.",
    parse: read.wholeNumber(100, 3_600_000),
  }),
} as const;

/** Reads the texts of all settings. */
export const readSettingSources = (env: Environment): Sources =>
  readSources({ env, settings: Object.values(settings), configFile: settings.configFile });

export interface ExplainedSetting {
  readonly name: string;
  /** Hidden if it is a secret. */
  readonly value: string;
  /** `environment`, the path of a file, or `default`. */
  readonly from: string;
}

/** Returns each setting with its value and origin. */
export function explainConfig(env: Environment): readonly ExplainedSetting[] {
  const sources = readSettingSources(env);
  const isEmbedded = sources.text(settings.databaseUrl) === undefined;
  return Object.values(settings).map((setting) => {
    const text = sources.text(setting);
    const fallback = defaultText(setting, isEmbedded);
    const unset = "fallbackWords" in setting ? `(${setting.fallbackWords})` : "(unset)";
    if (text === undefined) return { name: setting.name, value: fallback || unset, from: "default" };
    return { name: setting.name, value: "isSecret" in setting ? "[secret]" : text, from: sources.originOf(setting) };
  });
}

/** Returns a sentence for each variable that looks like a setting and is none. They do not prevent a start: other programs may use them. */
export const warnOfUnknownSettings = (env: Environment): readonly string[] =>
  unknownNames(env, { prefix: "BELLWIRE_", settings: Object.values(settings) }).map(
    (name) => `${name} is not a setting, and has no effect`,
  );
