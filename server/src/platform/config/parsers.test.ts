import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { CannotStart } from "../errors.ts";
import type { Environment } from "./parsers.ts";
import { readConfig } from "./read-config.ts";
import { explainConfig, settings, warnOfUnknownSettings } from "./settings.ts";

const folder = mkdtempSync(join(tmpdir(), "bellwire-config-"));
afterAll(() => rmSync(folder, { recursive: true }));

function writeText(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

function refusalOf(env: Environment): string {
  try {
    readConfig(env);
    return "";
  } catch (error) {
    if (!(error instanceof CannotStart)) throw error;
    return error.message;
  }
}

const secrets = Object.values(settings).filter((setting) => "isSecret" in setting);

test.each(secrets.map(({ name }) => name))("%s can be read from a file", (name) => {
  const texts: Record<string, string> = {
    DATABASE_URL: "postgresql://u:p@db/x",
    BELLWIRE_DATABASE_DIRECT_URL: "postgresql://u:p@db/x",
    BELLWIRE_CELL_DATABASE_URL: "postgresql://u:p@cell/x",
    BELLWIRE_SECRET_KEY: Buffer.alloc(32, 7).toString("base64"),
    BELLWIRE_PROXY_URL: "http://u:p@proxy:3128",
    BELLWIRE_SMTP_URL: "smtp://u:p@mail",
    OTEL_EXPORTER_OTLP_HEADERS: "authorization=Bearer%20x",
  };
  const path = writeText(name, `${texts[name] ?? "a secret of 20 letters"}\n`);
  const env = {
    BELLWIRE_SECRET_KEY: name === "BELLWIRE_SECRET_KEY" ? "" : texts["BELLWIRE_SECRET_KEY"],
    ...(name === "BELLWIRE_DATABASE_DIRECT_URL" && { DATABASE_URL: texts["DATABASE_URL"] }),
  };
  expect(refusalOf({ ...env, [`${name}_FILE`]: path })).toBe("");
  const explained = explainConfig({ ...env, [`${name}_FILE`]: path }).find((setting) => setting.name === name);
  expect(explained).toEqual({ name, value: "[secret]", from: path });
});

test("the trailing line break of a secret's file is removed", () => {
  const path = writeText("password", "correct horse\n");
  expect(readConfig({ BELLWIRE_ADMIN_PASSWORD_FILE: path }).adminPassword?.reveal()).toBe("correct horse");
});

test("errors about duplicate secrets and missing or empty files do not contain the secret", () => {
  const path = writeText("token", "hunter2");
  const empty = writeText("empty", "\n");
  const refusal = refusalOf({
    BELLWIRE_ACCESS_TOKEN: "hunter2",
    BELLWIRE_ACCESS_TOKEN_FILE: path,
    BELLWIRE_PROVIDER_KEY_FILE: "/nowhere/hunter2",
    BELLWIRE_ADMIN_PASSWORD_FILE: empty,
  });
  expect(refusal.split("\n").slice(1)).toEqual([
    "- BELLWIRE_ADMIN_PASSWORD_FILE names an empty file",
    "- BELLWIRE_ACCESS_TOKEN and BELLWIRE_ACCESS_TOKEN_FILE are both set: keep one of them",
    "- BELLWIRE_PROVIDER_KEY_FILE cannot be read (ENOENT)",
  ]);
});

test("the configuration file accepts settings, and environment variables override them", () => {
  const password = writeText("admin", "correct horse");
  const path = writeText(
    "bellwire.env",
    `# a comment\nPORT=8080\nHOST="0.0.0.0"\nBELLWIRE_ADMIN_PASSWORD_FILE=${password}\n`,
  );
  const config = readConfig({ BELLWIRE_CONFIG_FILE: path, PORT: "9090" });
  expect([config.port, config.host, config.adminPassword?.reveal()]).toEqual([9090, "0.0.0.0", "correct horse"]);
  const origins = explainConfig({ BELLWIRE_CONFIG_FILE: path, PORT: "9090" });
  const originOf = (name: string) => origins.find((setting) => setting.name === name)?.from;
  expect(["PORT", "HOST", "BELLWIRE_ADMIN_PASSWORD", "BELLWIRE_LOG_LEVEL"].map(originOf)).toEqual([
    "environment",
    path,
    password,
    "default",
  ]);
});

test("a line of the configuration file that would be skipped or cut off is refused by its number", () => {
  const path = writeText(
    "lines.env",
    `\uFEFFPORT=8080\r\n\r\n  # a comment\r\nexport HOST = '::1'\r\nBELLWIRE_ADMIN_PASSWORD=hunter#2 and more\r\nBELLWIRE_LOG_LEVEL: warn\r\nBELLWIRE_ACCESS_TOKEN="hunter#2\r\n`,
  );
  expect(refusalOf({ BELLWIRE_CONFIG_FILE: path }).split("\n").slice(1)).toEqual(
    [5, 6, 7].map((line) => `- line ${line} of ${path} is not NAME=value, in quotes if it has a #`),
  );
  const quoted = writeText("quoted.env", `\uFEFFPORT=8080\r\nBELLWIRE_ADMIN_PASSWORD="hunter#2 and more"\r\n`);
  const config = readConfig({ BELLWIRE_CONFIG_FILE: quoted });
  expect([config.port, config.adminPassword?.reveal()]).toEqual([8080, "hunter#2 and more"]);
});

test("an unknown environment variable causes a warning, unless Kubernetes added it", () => {
  const env = {
    BELLWIRE_RETENTION_DAY: "3",
    BELLWIRE_ADMIN_USERNAME_FILE: "/x",
    BELLWIRE_RETENTION_DAYS: "3",
    BELLWIRE_ACCESS_TOKEN_FILE: "/x",
    BELLWIRE_EMPTY: " ",
    HOME: "/",
    BELLWIRE_SERVICE_HOST: "10.0.0.1",
    BELLWIRE_WEB_SERVICE_PORT_HTTP: "3000",
    BELLWIRE_PORT: "tcp://10.0.0.1:3000",
    BELLWIRE_PORT_3000_TCP_ADDR: "10.0.0.1",
  };
  expect(warnOfUnknownSettings(env)).toEqual([
    "BELLWIRE_RETENTION_DAY is not a setting, and has no effect",
    "BELLWIRE_ADMIN_USERNAME_FILE is not a setting, and has no effect",
  ]);
  // People guess this name for the listening port.
  expect(warnOfUnknownSettings({ BELLWIRE_PORT: "4000" })).toEqual([
    "BELLWIRE_PORT is not a setting, and has no effect",
  ]);
});

test("an unknown name in the configuration file is refused", () => {
  const path = writeText("typo.env", "BELLWIRE_RETENTION_DAY=3\nHOST_FILE=/x\n");
  expect(refusalOf({ BELLWIRE_CONFIG_FILE: path }).split("\n").slice(1)).toEqual([
    `- BELLWIRE_RETENTION_DAY in ${path} is not a setting`,
    `- HOST_FILE in ${path} is not a setting`,
  ]);
});
