import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { CannotStart } from "../errors.ts";
import { readFileIfExists, readOrCreateFile } from "../files.ts";
import { unguessableLength } from "../ids.ts";
import {
  defaultText,
  type Environment,
  InvalidSetting,
  parseSecretKeys,
  type Setting,
  type Sources,
} from "./parsers.ts";
import { readSettingSources, settings } from "./settings.ts";

const secretKeyMissing = `${settings.secretKey.name} is required with ${settings.databaseUrl.name}: 32 random bytes in base64, as \`openssl rand -base64 32\` prints them`;

/**
 * Reads all settings once. Throws `CannotStart` with everything that is wrong, not only the first error. `served` are the roles of a
 * process that serves; commands serve none.
 */
export function readConfig(env: Environment, served: readonly Role[] = []) {
  const sources = readSettingSources(env);
  const isEmbedded = sources.text(settings.databaseUrl) === undefined;
  const wrong: string[] = [...sources.wrong];

  const read = createReader({ sources, isEmbedded, wrong });
  const config = {
    isEmbedded,
    port: read(settings.port),
    host: read(settings.host),
    operationsPort: read(settings.operationsPort),
    databaseUrl: read(settings.databaseUrl),
    databaseDirectUrl: read(settings.databaseDirectUrl),
    cellDatabaseUrl: read(settings.cellDatabaseUrl),
    databaseConnections: read(settings.databaseConnections),
    cells: read(settings.cells),
    databaseWaitSeconds: read(settings.databaseWaitSeconds),
    dataDir: read(settings.dataDir),
    publicUrl: read(settings.publicUrl),
    baseDomain: read(settings.baseDomain),
    providerName: read(settings.providerName),
    adminUsername: read(settings.adminUsername),
    adminPassword: read(settings.adminPassword),
    accessToken: read(settings.accessToken),
    providerKey: read(settings.providerKey),
    secretKey: read(settings.secretKey),
    allowedTargets: read(settings.allowedTargets),
    deniedTargets: read(settings.deniedTargets),
    caFile: read(settings.caFile),
    proxyUrl: read(settings.proxyUrl),
    tryOut: read(settings.tryOut),
    retryWaitsSeconds: read(settings.retryWaitsSeconds),
    smtpUrl: read(settings.smtpUrl),
    disableAfterDays: read(settings.disableAfterDays),
    heldRowsMax: read(settings.heldRowsMax),
    heldDaysMax: read(settings.heldDaysMax),
    retentionDays: read(settings.retentionDays),
    stopDelaySeconds: read(settings.stopDelaySeconds),
    auditRetentionDays: read(settings.auditRetentionDays),
    statisticsDays: read(settings.statisticsDays),
    trustedProxies: read(settings.trustedProxies),
    engineConcurrency: read(settings.engineConcurrency),
    engineProcess: read(settings.engineProcess),
    logLevel: read(settings.logLevel),
    telemetry: readTelemetry(read),
  };

  wrong.push(...missingSettings(sources, isEmbedded), ...sharedPort(config, served));
  if (wrong.length > 0) throw refusal(wrong);
  return Object.freeze(config);
}

/**
 * Returns a sentence for each credential of the first provider that can be guessed. They do not prevent a start: the provider may have
 * them already.
 */
export const warnOfGuessable = (config: ReturnType<typeof readConfig>): readonly string[] =>
  (["accessToken", "providerKey"] as const).flatMap((name) => {
    const length = config[name]?.reveal().length ?? unguessableLength;
    if (length >= unguessableLength) return [];
    return `${settings[name].name} can be guessed: it has fewer than ${unguessableLength} characters. \`openssl rand -hex ${unguessableLength}\` prints a safe one for a new installation; replace it in the Admin Portal otherwise`;
  });

/** Returns which settings others need that are not set. Those that cannot be read have a sentence already. */
function missingSettings(sources: Sources, isEmbedded: boolean): readonly string[] {
  const isUnreadable = ({ name }: Setting<unknown>): boolean => sources.wrong.some((each) => each.startsWith(name));
  const isMissing = (setting: Setting<unknown>): boolean =>
    sources.text(setting) === undefined && !isUnreadable(setting);
  if (!isEmbedded) return isMissing(settings.secretKey) ? [secretKeyMissing] : [];
  if (sources.text(settings.databaseDirectUrl) === undefined || !isMissing(settings.databaseUrl)) return [];
  return [`${settings.databaseDirectUrl.name} needs ${settings.databaseUrl.name}, the URL of the pooler`];
}

/** An engine's process does not listen on PORT, which has a default. */
const sharedPort = (
  { port, operationsPort }: { readonly port: number; readonly operationsPort: number | undefined },
  served: readonly Role[],
): readonly string[] =>
  served.includes("web") && port === operationsPort
    ? [`${settings.operationsPort.name} must be another port than ${settings.port.name}: both are ${port}`]
    : [];

type Read = <T>(setting: Setting<T>) => T;

const readTelemetry = (read: Read) => ({
  endpoint: read(settings.otlpEndpoint),
  headers: read(settings.otlpHeaders),
  protocol: read(settings.otlpProtocol),
  isDisabled: read(settings.otelDisabled),
  serviceName: read(settings.serviceName),
  resourceAttributes: read(settings.resourceAttributes),
  tracesExporter: read(settings.tracesExporter),
  sampler: read(settings.tracesSampler),
  sampledShare: read(settings.tracesSamplerArg),
  tracesPerSecond: read(settings.tracesPerSecond),
  metricsExporter: read(settings.metricsExporter),
  metricsEveryMs: read(settings.metricExportIntervalMs),
});

/** Returns a function that parses a setting. A wrong one is added to `wrong`, and its default takes its place. */
const createReader =
  ({
    sources,
    isEmbedded,
    wrong,
  }: {
    readonly sources: Sources;
    readonly isEmbedded: boolean;
    readonly wrong: string[];
  }) =>
  <T>(setting: Setting<T>): T => {
    const fallback = defaultText(setting, isEmbedded);
    const value = setting.parse(sources.text(setting) ?? fallback);
    if (!(value instanceof InvalidSetting)) return value;
    wrong.push(`${setting.name} ${value.problem}`);
    const instead = setting.parse(fallback);
    if (instead instanceof InvalidSetting) throw new Error(`The default of ${setting.name} ${instead.problem}.`);
    return instead;
  };

const refusal = (wrong: readonly string[]): CannotStart =>
  new CannotStart(`These settings are wrong:\n${wrong.map((line) => `- ${line}`).join("\n")}`);

export type Config = ReturnType<typeof readConfig>;

/**
 * Returns the keys that encrypt secrets at rest, newest first: the configured ones, or one stored in the data directory. Creates that
 * one unless something is encrypted already: no new key could read it.
 */
export async function loadSecretKeys(
  { secretKey, dataDir }: Pick<Config, "secretKey" | "dataDir">,
  isEncrypted: () => Promise<boolean>,
): Promise<readonly Buffer[]> {
  const path = join(dataDir, "secret-key");
  const text =
    secretKey?.reveal() ?? (await readFileIfExists(path)) ?? (await createSecretKey(path, await isEncrypted()));
  const keys = parseSecretKeys(text);
  if (keys instanceof InvalidSetting) throw new CannotStart(`${path} ${keys.problem}. Restore it from a backup.`);
  return keys;
}

async function createSecretKey(path: string, isEncrypted: boolean): Promise<string> {
  if (!isEncrypted) return readOrCreateFile(path, () => `${randomBytes(32).toString("base64")}\n`);
  // Another process creates it before it encrypts.
  const created = await readFileIfExists(path);
  if (created !== undefined) return created;
  throw new CannotStart(
    `${path} is missing, with the key that the database is encrypted with. Restore it from a backup, or set BELLWIRE_SECRET_KEY.`,
  );
}

/** The roles of a process: web serves people and programs, engine delivers. */
export const roles = ["web", "engine"] as const;
export type Role = (typeof roles)[number];
