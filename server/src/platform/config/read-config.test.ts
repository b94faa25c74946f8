import { inspect } from "node:util";
import { expect, test } from "vitest";
import { CannotStart } from "../errors.ts";
import type { Environment } from "./parsers.ts";
import { readConfig, type Role, warnOfGuessable } from "./read-config.ts";
import { settingsReference } from "../../../../scripts/settings-reference.ts";
import { explainConfig } from "./settings.ts";

const key = Buffer.alloc(32, 7).toString("base64");
const elsewhere = { DATABASE_URL: "postgresql://u:p@db/x", BELLWIRE_SECRET_KEY: key };

/** Returns the lines of the error that lists all invalid settings. */
function wrongIn(env: Environment, served?: readonly Role[]): readonly string[] {
  try {
    readConfig(env, served);
    return [];
  } catch (error) {
    if (!(error instanceof CannotStart)) throw error;
    return error.message.split("\n").slice(1);
  }
}

test("every setting has a default", () => {
  expect(readConfig({})).toMatchObject({
    isEmbedded: true,
    port: 3000,
    host: "127.0.0.1",
    dataDir: "./.bellwire",
    allowedTargets: "127.0.0.0/8,::1/128",
    tryOut: true,
    retryWaitsSeconds: [60, 60, 60, 60, 60],
    disableAfterDays: 5,
    heldRowsMax: 1_000_000,
    heldDaysMax: 90,
    retentionDays: 30,
    engineConcurrency: 200,
  });
});

test("with an external database, private targets and the try-out are off by default", () => {
  expect(readConfig(elsewhere)).toMatchObject({ isEmbedded: false, allowedTargets: "none", tryOut: false });
  expect(readConfig({ ...elsewhere, BELLWIRE_TRY_OUT: "on" }).tryOut).toBe(true);
});

test("an empty variable counts as unset", () => {
  expect(readConfig({ DATABASE_URL: "", PORT: " ", BELLWIRE_CA_FILE: "" })).toEqual(readConfig({}));
});

test("one error lists all invalid settings", () => {
  const env = { PORT: "-1", BELLWIRE_LOG_LEVEL: "loud", BELLWIRE_RETRY_WAITS_SECONDS: "60,soon" };
  expect(wrongIn(env)).toEqual([
    "- PORT must be a whole number from 0 to 65535",
    "- BELLWIRE_RETRY_WAITS_SECONDS must be up to 50 whole numbers from 0 to 604800 separated by commas",
    "- BELLWIRE_LOG_LEVEL must be one of fatal, error, warn, info, debug, trace, silent",
  ]);
});

test("a process that serves the web refuses one port for two purposes, and others use no port twice", () => {
  const same = { PORT: "9090", BELLWIRE_OPERATIONS_PORT: "9090" };
  expect(wrongIn(same, ["web", "engine"])).toEqual([
    "- BELLWIRE_OPERATIONS_PORT must be another port than PORT: both are 9090",
  ]);
  expect(wrongIn({ BELLWIRE_OPERATIONS_PORT: "3000" }, ["web"])).toHaveLength(1);
  expect(wrongIn({ PORT: "0", BELLWIRE_OPERATIONS_PORT: "9090" }, ["web"])).toEqual([]);
  expect(wrongIn(same, ["engine"])).toEqual([]);
  expect(wrongIn(same)).toEqual([]);
});

test.each([
  ["PORT", "65536"],
  ["PORT", "3e3"],
  ["PORT", "0x10"],
  ["DATABASE_URL", "mysql://db/x"],
  ["BELLWIRE_PUBLIC_URL", "example.com"],
  ["BELLWIRE_PUBLIC_URL", "https://example.com/portal"],
  ["BELLWIRE_PUBLIC_URL", "https://example.com/?page=1"],
  ["BELLWIRE_PUBLIC_URL", "https://user@example.com"],
  ["BELLWIRE_BASE_DOMAIN", "https://example.com"],
  ["BELLWIRE_BASE_DOMAIN", "example.com:3000"],
  ["BELLWIRE_SECRET_KEY", "c2hvcnQ="],
  ["BELLWIRE_SECRET_KEY", `${key},`],
  ["BELLWIRE_ALLOWED_TARGETS", "10.0.0.0/64"],
  ["BELLWIRE_TRUSTED_PROXIES", "proxy"],
  ["BELLWIRE_TRY_OUT", "maybe"],
  ["BELLWIRE_SMTP_URL", "mail.example.com"],
  ["BELLWIRE_SMTP_URL", "smtp://mail.example.com?starttls=required"],
  ["BELLWIRE_PROXY_URL", "socks5://proxy"],
  ["BELLWIRE_RETRY_WAITS_SECONDS", Array.from({ length: 51 }, () => 60).join()],
  ["BELLWIRE_ENGINE_CONCURRENCY", "0"],
  ["BELLWIRE_ADMIN_PASSWORD", "x".repeat(1001)],
])("%s=%s is refused", (name, value) => {
  expect(wrongIn({ ...elsewhere, [name]: value }).join()).toMatch(new RegExp(`^- ${name} must`));
});

test("the public URL is compared with hosts of requests, so it is kept as browsers write it", () => {
  expect(readConfig({ BELLWIRE_PUBLIC_URL: "HTTPS://Portal.Example.com:443/" }).publicUrl).toBe(
    "https://portal.example.com",
  );
});

test("OpenTelemetry settings use the formats of its specification, and unsupported values are refused", () => {
  expect(
    readConfig({
      OTEL_EXPORTER_OTLP_ENDPOINT: "https://collector:4318/",
      OTEL_RESOURCE_ATTRIBUTES: "deployment.environment.name=test, team=a%2Cb",
    }),
  ).toMatchObject({
    telemetry: {
      endpoint: "https://collector:4318",
      resourceAttributes: { "deployment.environment.name": "test", team: "a,b" },
      sampler: "parentbased_always_on",
    },
  });
  expect(
    wrongIn({
      OTEL_EXPORTER_OTLP_ENDPOINT: "collector:4317",
      OTEL_EXPORTER_OTLP_PROTOCOL: "grpc",
      OTEL_EXPORTER_OTLP_HEADERS: "Bearer x",
      OTEL_TRACES_SAMPLER: "sometimes",
      OTEL_TRACES_SAMPLER_ARG: "2",
      OTEL_METRIC_EXPORT_INTERVAL: "1s",
    }),
  ).toEqual([
    "- OTEL_EXPORTER_OTLP_ENDPOINT must be a URL that starts with http:// or https://",
    "- OTEL_EXPORTER_OTLP_HEADERS must be pairs name=value separated by commas; percent-encode other characters",
    "- OTEL_EXPORTER_OTLP_PROTOCOL must be one of http/protobuf",
    expect.stringMatching(/^- OTEL_TRACES_SAMPLER must be one of always_on/),
    "- OTEL_TRACES_SAMPLER_ARG must be a number from 0 to 1",
    "- OTEL_METRIC_EXPORT_INTERVAL must be a whole number from 100 to 3600000",
  ]);
});

test("an external database requires a secret key", () => {
  expect(wrongIn({ DATABASE_URL: elsewhere.DATABASE_URL }).join()).toMatch(/^- BELLWIRE_SECRET_KEY is required/);
});

test("a setting whose file cannot be read is not called missing as well", () => {
  expect(wrongIn({ DATABASE_URL: elsewhere.DATABASE_URL, BELLWIRE_SECRET_KEY_FILE: "/nowhere" })).toEqual([
    "- BELLWIRE_SECRET_KEY_FILE cannot be read (ENOENT)",
  ]);
  const pooled = { BELLWIRE_DATABASE_DIRECT_URL: elsewhere.DATABASE_URL, DATABASE_URL_FILE: "/nowhere" };
  expect(wrongIn(pooled)).toEqual(["- DATABASE_URL_FILE cannot be read (ENOENT)"]);
});

test("a direct URL requires the URL of the pooler", () => {
  expect(wrongIn({ BELLWIRE_DATABASE_DIRECT_URL: elsewhere.DATABASE_URL }).join()).toMatch("needs DATABASE_URL");
});

test("a start warns of a first token or key that can be guessed, without printing it", () => {
  const env = { BELLWIRE_ACCESS_TOKEN: "abc", BELLWIRE_PROVIDER_KEY: "k".repeat(31) };
  const warnings = warnOfGuessable(readConfig(env));
  expect(warnings).toEqual([
    expect.stringContaining("BELLWIRE_ACCESS_TOKEN can be guessed"),
    expect.stringContaining("BELLWIRE_PROVIDER_KEY can be guessed"),
  ]);
  expect(warnings.join()).not.toMatch(/abc|kkk/);
  const safe = { BELLWIRE_ACCESS_TOKEN: "t".repeat(32), BELLWIRE_PROVIDER_KEY: "k".repeat(32) };
  expect([safe, {}].flatMap((each) => warnOfGuessable(readConfig(each)))).toEqual([]);
});

test("BELLWIRE_SECRET_KEY accepts several keys", () => {
  const older = Buffer.alloc(32, 6).toString("base64");
  expect(readConfig({ BELLWIRE_SECRET_KEY: `${key}, ${older}` }).secretKey?.reveal()).toBe(`${key}, ${older}`);
});

test("neither the printed nor the explained configuration contains a secret", () => {
  const env = { ...elsewhere, BELLWIRE_ADMIN_PASSWORD: "hunter2", BELLWIRE_PROVIDER_KEY: "hunter2" };
  const config = readConfig(env);
  for (const text of [
    inspect(config),
    JSON.stringify(config),
    String(config.adminPassword),
    JSON.stringify(explainConfig(env)),
  ]) {
    expect(text).not.toContain("hunter2");
    expect(text).not.toContain(key);
    expect(text).not.toContain("u:p@db");
  }
  expect(config.adminPassword?.reveal()).toBe("hunter2");
});

test("the explained configuration lists each setting with its value and source", () => {
  const explained = explainConfig({ PORT: "8080", BELLWIRE_SMTP_URL: "smtp://u:p@mail" });
  const of = (name: string) => explained.find((setting) => setting.name === name);
  expect(of("PORT")).toEqual({ name: "PORT", value: "8080", from: "environment" });
  expect(of("BELLWIRE_SMTP_URL")).toEqual({ name: "BELLWIRE_SMTP_URL", value: "[secret]", from: "environment" });
  expect(of("BELLWIRE_ALLOWED_TARGETS")?.value).toBe("127.0.0.0/8,::1/128");
  for (const { name } of explained)
    expect(settingsReference()).toMatch(new RegExp(`^\\| \`${name}\`(?: \\(secret\\))? \\|`, "m"));
});
