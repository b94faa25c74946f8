import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync, readdirSync, writeFileSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { secretFileName } from "#platform/config/parsers.ts";
import { readConfig } from "#platform/config/read-config.ts";
import { settings } from "#platform/config/settings.ts";

const deploy = fileURLToPath(new URL("../../../deploy/", import.meta.url));
const chart = join(deploy, "helm/bellwire");
const timeout = 120_000;
const folder = mkdtempSync(join(tmpdir(), "bellwire-deploy-"));
afterAll(() => rmSync(folder, { recursive: true }));

const isInstalled = (program: string): boolean => spawnSync(program, ["--help"]).error === undefined;

const settingNames = new Set(
  Object.values(settings).flatMap((setting) => [
    setting.name,
    ...("isSecret" in setting ? [secretFileName(setting)] : []),
  ]),
);

const files = readdirSync(deploy, { recursive: true, encoding: "utf8" }).filter((path) =>
  /\.\w+$|Dockerfile$/.test(path),
);

test.each(files)("deploy/%s names only settings that exist", (path) => {
  const named =
    readFileSync(join(deploy, path), "utf8").match(/\b(?:BELLWIRE_[A-Z_]+|OTEL_[A-Z_]+|DATABASE_URL\w*)\b/g) ?? [];
  const ofCompose = new Set(["BELLWIRE_IMAGE", "BELLWIRE_PORT"]);
  expect(named.filter((name) => !settingNames.has(name) && !ofCompose.has(name) && !name.endsWith("_"))).toEqual([]);
});

test("the Dockerfile passes hadolint", (context) => {
  if (!isInstalled("hadolint")) return context.skip("hadolint is not installed");
  const { status, stdout } = spawnSync("hadolint", [join(deploy, "image/Dockerfile")], { encoding: "utf8" });
  expect([status, stdout]).toEqual([0, ""]);
});

test("the systemd units are valid", (context) => {
  if (!isInstalled("systemd-analyze")) return context.skip("systemd is not installed");
  const units = readdirSync(join(deploy, "systemd")).map((name) => join(deploy, "systemd", name));
  const { stderr } = spawnSync("systemd-analyze", ["verify", ...units], { encoding: "utf8" });
  // Without the package installed, its program does not exist.
  expect(stderr.split("\n").filter((line) => line !== "" && !line.includes("is not executable"))).toEqual([]);
});

test("each file of a systemd unit is a credential, which only root needs to read", () => {
  for (const name of readdirSync(join(deploy, "systemd"))) {
    const unit = readFileSync(join(deploy, "systemd", name), "utf8");
    const loaded = Array.from(
      unit.matchAll(/^LoadCredential=([\w.-]+):\/etc\/bellwire\/\1$/gm),
      ([, file = ""]) => file,
    );
    const named = Array.from(unit.matchAll(/_FILE=(\S+)/g), ([, path = ""]) => path);
    expect(named.toSorted()).toEqual(loaded.map((file) => `%d/${file}`).toSorted());
  }
});

test("the Compose file is valid YAML, and runs both roles on a read-only file system", () => {
  const { services } = parse(readFileSync(join(deploy, "compose.yaml"), "utf8"), { merge: true });
  for (const role of ["web", "engine"]) {
    expect(services[role]).toMatchObject({ command: ["serve", "--role", role], read_only: true, cap_drop: ["ALL"] });
  }
});

test("the public URL of the Compose file has the port at which the web service is published", () => {
  const { services } = parse(readFileSync(join(deploy, "compose.yaml"), "utf8"), { merge: true });
  const [published = ""] = /^.*(?=:3000$)/.exec(services.web.ports[0]) ?? [];
  expect(services.web.environment.BELLWIRE_PUBLIC_URL).toContain(`http://localhost:${published}`);
});

/** Values that enable every feature. */
const whole = [
  "image.digest=sha256:" + "a".repeat(64),
  "ingress.enabled=true",
  "ingress.className=nginx",
  "ingress.hosts={*.portal.example.com}",
  "web.autoscaling.enabled=true",
  "engine.autoscaling.enabled=true",
  "monitoring.podMonitor=true",
  "monitoring.rules=true",
  "monitoring.docsUrl=https://runbooks.example.net/bellwire",
  "monitoring.dashboard=true",
  "networkPolicy.monitoringNamespaces={monitoring}",
  "database.isPooled=true",
  "database.hasAuthority=true",
  "settings.BELLWIRE_PUBLIC_URL=https://portal.example.com",
  "settings.BELLWIRE_RETENTION_DAYS=30",
  "settings.OTEL_EXPORTER_OTLP_ENDPOINT=http://collector.monitoring:4318",
  "extraVolumes[0].name=receivers",
  "extraVolumes[0].secret.secretName=receivers",
  "extraVolumeMounts[0].name=receivers",
  "extraVolumeMounts[0].mountPath=/etc/receivers",
  "extraVolumeMounts[0].readOnly=true",
];

const renderWith = (...options: readonly string[]): string =>
  execFileSync("helm", ["template", "bellwire", chart, "--kube-version", "1.33.0", ...options], { encoding: "utf8" });

const render = (...values: readonly string[]): string => renderWith(...values.flatMap((value) => ["--set", value]));

test("the chart passes helm lint, and renders with its defaults and with every feature", { timeout }, (context) => {
  if (!isInstalled("helm")) return context.skip("helm is not installed");
  execFileSync("helm", ["lint", "--strict", chart]);
  const kinds = (text: string): ReadonlyMap<string, number> => {
    const counts = new Map<string, number>();
    for (const document of parseAllDocuments(text)) {
      const content: { kind: string } | null = document.toJS();
      if (content) counts.set(content.kind, (counts.get(content.kind) ?? 0) + 1);
    }
    return counts;
  };
  const least = { Deployment: 2, NetworkPolicy: 2, PodDisruptionBudget: 2, Service: 1 };
  expect(Object.fromEntries(kinds(render()))).toEqual(least);
  expect(Object.fromEntries(kinds(render(...whole)))).toEqual({
    ...least,
    ConfigMap: 1,
    HorizontalPodAutoscaler: 1,
    Ingress: 1,
    PodMonitor: 1,
    PrometheusRule: 1,
    ScaledObject: 1,
  });
  expect(() => render("settings.NOT_A_SETTING=1")).toThrow(/settings/);
});

test("settings that the chart sets itself are refused in `settings`", { timeout }, (context) => {
  if (!isInstalled("helm")) return context.skip("helm is not installed");
  const own = new Set(
    Array.from(render(...whole).matchAll(/\{ name: (BELLWIRE_\w+), value/g), ([, name = ""]) => name),
  );
  for (const set of ["BELLWIRE_PUBLIC_URL", "BELLWIRE_RETENTION_DAYS"]) own.delete(set);
  expect(own.size).toBe(6);
  for (const name of [...own, "BELLWIRE_OPERATIONS_PORT"])
    expect(() => render(`settings.${name}=30`)).toThrow(/settings/);
});

test("large numbers in settings reach a process without an exponent", { timeout }, (context) => {
  if (!isInstalled("helm")) return context.skip("helm is not installed");
  const path = join(folder, "values.yaml");
  writeFileSync(path, "settings: { BELLWIRE_HELD_ROWS_MAX: 2000000, BELLWIRE_TRY_OUT: 'off' }\n");
  const text = renderWith("--values", path);
  expect(text).toContain('{ name: BELLWIRE_HELD_ROWS_MAX, value: "2000000" }');
  expect(text).toContain('{ name: BELLWIRE_TRY_OUT, value: "off" }');
});

test(
  "both roles pass NODE_EXTRA_CA_CERTS to Node.js, for a mail server with a private authority",
  { timeout },
  (context) => {
    if (!isInstalled("helm")) return context.skip("helm is not installed");
    const text = render("settings.NODE_EXTRA_CA_CERTS=/etc/authorities/ca.pem");
    expect(text.match(/\{ name: NODE_EXTRA_CA_CERTS, value: "\/etc\/authorities\/ca.pem" \}/g)).toHaveLength(2);
  },
);

test("both roles mount additional files beside those of the chart", { timeout }, (context) => {
  if (!isInstalled("helm")) return context.skip("helm is not installed");
  const named = expect.objectContaining({ name: "secrets" });
  const pods = parseAllDocuments(render(...whole)).flatMap((document) => {
    const content: { kind: string; spec: { template: { spec: unknown } } } | null = document.toJS();
    return content?.kind === "Deployment" ? [content.spec.template.spec] : [];
  });
  const mount = { name: "receivers", mountPath: "/etc/receivers", readOnly: true };
  const pod = {
    containers: [{ volumeMounts: [named, mount] }],
    volumes: [named, { name: "receivers", secret: { secretName: "receivers" } }],
  };
  expect(pods).toMatchObject([pod, pod]);
  expect(() => render("extraVolumes[0].secret.secretName=receivers")).toThrow(/extraVolumes/);
});

test("the chart installs the dashboard, and the alerts with links to the runbooks", { timeout }, (context) => {
  if (!isInstalled("helm")) return context.skip("helm is not installed");
  interface Monitoring {
    readonly kind: string;
    readonly spec?: unknown;
    readonly data?: Readonly<Record<string, string>>;
  }
  const documents: readonly (Monitoring | null)[] = parseAllDocuments(render(...whole)).map((document) =>
    document.toJS(),
  );
  const read = (name: string): string => readFileSync(join(deploy, "monitoring", name), "utf8");
  const alerts = read("alerts.yaml").replaceAll("docs.example.com", "runbooks.example.net");
  expect(documents.find((document) => document?.kind === "PrometheusRule")?.spec).toEqual(parse(alerts));
  const dashboard = documents.find((document) => document?.kind === "ConfigMap")?.data?.["bellwire.json"];
  expect(JSON.parse(dashboard ?? "")).toEqual(JSON.parse(read("dashboard.json")));
});

test("the alert rules are valid, and fire exactly in the cases of alerts.test.yaml", (context) => {
  if (!isInstalled("promtool")) return context.skip("promtool is not installed");
  const run = (...args: readonly string[]) => {
    const { status, stdout, stderr } = spawnSync("promtool", [...args], { encoding: "utf8" });
    return [status, status === 0 ? "" : stdout + stderr];
  };
  expect(run("check", "rules", join(deploy, "monitoring/alerts.yaml"))).toEqual([0, ""]);
  expect(run("test", "rules", fileURLToPath(new URL("alerts.test.yaml", import.meta.url)))).toEqual([0, ""]);
});

test("the chart's manifests match the Kubernetes schemas", { timeout }, (context) => {
  if (!isInstalled("helm") || !isInstalled("kubernetes-validate")) {
    return context.skip("helm or kubernetes-validate is not installed");
  }
  const path = join(folder, "rendered.yaml");
  // The validator has no schemas for resources of KEDA and the Prometheus Operator.
  writeFileSync(
    path,
    render(...whole.filter((value) => !/engine\.autoscaling|monitoring\.(?:podMonitor|rules)/.test(value))),
  );
  const { status, stdout, stderr } = spawnSync("kubernetes-validate", ["--strict", path], { encoding: "utf8" });
  expect([status, stdout + stderr]).toEqual([0, expect.not.stringContaining("ERROR")]);
});

test("only engines may reach receivers, and no container may write or gain privileges", { timeout }, (context) => {
  if (!isInstalled("helm")) return context.skip("helm is not installed");
  interface Rendered {
    readonly kind: string;
    readonly metadata: { readonly name: string };
    readonly spec: {
      readonly egress?: readonly { readonly ports?: unknown }[];
      readonly template?: { readonly spec: { readonly containers: readonly { readonly securityContext: unknown }[] } };
    };
  }
  const documents = parseAllDocuments(render()).flatMap((document) => {
    const content: Rendered | null = document.toJS();
    return content ? [content] : [];
  });
  const everywhere = documents.filter(
    ({ kind, spec }) => kind === "NetworkPolicy" && spec.egress?.some(({ ports }) => !ports),
  );
  expect(everywhere.map(({ metadata }) => metadata.name)).toEqual(["bellwire-engine"]);
  const ports = parseAllDocuments(render(...whole)).flatMap((document) => {
    const content: Rendered | null = document.toJS();
    return content?.kind === "NetworkPolicy" ? [JSON.stringify(content.spec.egress)] : [];
  });
  expect(ports.map((egress) => egress.includes('"port":4318'))).toEqual([true, true]);
  const contexts = documents
    .flatMap(({ spec }) => spec.template?.spec.containers ?? [])
    .map((container) => container.securityContext);
  expect(contexts).toHaveLength(2);
  for (const each of contexts) {
    expect(each).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    });
  }
});

test(
  "with a pooler and a certificate authority, both roles mount the Secret files that they read",
  { timeout },
  (context) => {
    if (!isInstalled("helm")) return context.skip("helm is not installed");
    const secrets = ["database-direct-url", "database-ca"];
    const keysIn = (text: string): readonly string[] =>
      secrets.filter((key) => text.split(`key: ${key}, path: ${key}`).length === 2); // the engine's; the web role gets all
    expect(keysIn(render())).toEqual([]);
    const text = render(...whole);
    expect(keysIn(text)).toEqual(secrets);
    expect(text.split("BELLWIRE_DATABASE_DIRECT_URL_FILE")).toHaveLength(3);
    expect(text.split("port: 6432")).toHaveLength(3);
  },
);

test("engines also mount the Secret's entries that settings name", { timeout }, (context) => {
  if (!isInstalled("helm")) return context.skip("helm is not installed");
  const text = render(
    "settings.BELLWIRE_SMTP_URL_FILE=/etc/bellwire/smtp-url",
    "settings.BELLWIRE_CA_FILE=/etc/bellwire/receivers.pem",
    "settings.BELLWIRE_RETENTION_DAYS=30",
  );
  const items = [...text.matchAll(/\{ key: (\S+), path: \1 \}/g)].map(([, key]) => key);
  expect(items).toEqual(["database-url", "secret-key", "receivers.pem", "smtp-url"]);
});

test("the commands of the Compose file write every secret that it names, in the form that a start accepts", () => {
  const text = readFileSync(join(deploy, "compose.yaml"), "utf8");
  const commands = [...text.matchAll(/^# {3}(.*)$/gm)].map(([, line = ""]) => line);
  const script = commands.filter((line) => !line.includes("docker compose")).join("\n");
  execFileSync("sh", ["-euc", script], { cwd: folder });
  const named: { secrets: Record<string, { file: string }> } = parse(text, { merge: true });
  const paths = new Map(Object.entries(named.secrets).map(([name, { file }]) => [name, join(folder, "deploy", file)]));
  const config = readConfig({
    DATABASE_URL_FILE: paths.get("database-url"),
    BELLWIRE_SECRET_KEY_FILE: paths.get("secret-key"),
    BELLWIRE_ADMIN_PASSWORD_FILE: paths.get("admin-password"),
    BELLWIRE_ACCESS_TOKEN_FILE: paths.get("access-token"),
    BELLWIRE_PROVIDER_KEY_FILE: paths.get("provider-key"),
  });
  expect(statSync(join(folder, "deploy/secrets")).mode & 0o777).toBe(0o700); // the files are for the users of the containers
  const password = readFileSync(paths.get("postgres-password") ?? "", "utf8").trim();
  expect(config.databaseUrl?.reveal()).toBe(`postgresql://bellwire:${password}@postgres/bellwire`);
});
