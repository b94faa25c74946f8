import { createPasswordHasher, type PasswordHasher, standardCost } from "#access/index.ts";
import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { Logger } from "pino";
import { Registry } from "prom-client";
import { CellDirectory, OpenCells, TenantCache } from "#cells/index.ts";
import { type Clock, systemClock } from "#platform/clock.ts";
import { type Config, loadSecretKeys } from "#platform/config/read-config.ts";
import type { OpenedPool } from "#platform/database/pool.ts";
import { type Encryption, createEncryption, isEncrypted, verifyKeys } from "#platform/encryption.ts";
import { CannotStart, errorMessage } from "#platform/errors.ts";
import { NameResolver } from "#platform/network/name-resolver.ts";
import { type Tracing, hasCollector, openTelemetry } from "#platform/telemetry/tracing.ts";
import { type AllowedTargets, type Lookup, parseAllowedTargets } from "#platform/network/target-guard.ts";
import { version } from "#platform/http.ts";
import type { FindCell } from "#request-bin/index.ts";
import type { GivenRequestSender, Sender } from "#webhooks/attempts/index.ts";
import { type ProviderUrls, readDescriptorLimit, warnOfLowLimit } from "./listening.ts";
import {
  CellContexts,
  type SenderOf,
  composeSender,
  createFindCell,
  hideAddressFrom,
  openDatabaseClock,
} from "./cell-contexts.ts";
import type { StartingDirectory } from "./start-without-directory.ts";
import { measureDirectory, measureNameLookups, measurePool, measureProcess, measureTelemetry } from "./metrics.ts";

/** The components that both roles use. */
export interface Parts {
  readonly config: Config;
  readonly log: Logger;
  /** Follows the database's time. */
  readonly clock: Clock;
  /** The metrics of this process. */
  readonly metrics: Registry;
  readonly urls: ProviderUrls;
  /** The default cell. */
  readonly pool: OpenedPool;
  readonly cells: CellContexts;
  readonly directory: CellDirectory;
  /** The process has started without the directory's database. */
  readonly isWithoutDirectory: boolean;
  readonly tenants: TenantCache;
  readonly findCell: FindCell;
  readonly passwords: PasswordHasher;
  readonly keys: readonly Buffer[];
  readonly encryption: Encryption;
  readonly allowed: AllowedTargets;
  /** Shared by deliveries, pings and URL checks: one cache, one lookup per name. */
  readonly lookup: Lookup;
  readonly sender: Sender & GivenRequestSender;
  /** Undefined if traces are off. */
  readonly tracing: Tracing | undefined;
}

interface OpenNeeds extends Pick<Parts, "config" | "log" | "urls"> {
  /** Called after the configuration is validated, so a refused start creates no database. */
  readonly openDatabase: (tracing: Tracing | undefined) => Promise<StartingDirectory>;
  readonly printStatus: (line: string) => void;
  /** Aborts the opening of cells. */
  readonly stop: AbortSignal;
  /** Closes the components in reverse order. */
  readonly running: AsyncDisposableStack;
}

export async function openParts({ config, log, urls, openDatabase, ...needs }: OpenNeeds): Promise<Parts> {
  const { printStatus, running, stop } = needs;
  const allowed = readAllowed(config);
  const caPem = await readAuthorities(config.caFile);
  const metrics = new Registry();
  const tracing = await startTelemetry({ config, log, metrics, running });
  const { pool, access, ownerUrl, substitute } = await openDatabase(tracing);
  const clock = running.use(await openDatabaseClock(pool, log, substitute?.pool));
  const first = substitute?.pool ?? pool;
  const keys = await loadSecretKeys(config, () => isEncrypted(first));
  const encryption = createEncryption(keys);
  await verifyKeys(first, encryption);
  const proxyUrl = config.proxyUrl?.reveal();
  const inFlightMax = config.engineConcurrency;
  const hideAddress = hideAddressFrom(config.baseDomain, log);
  const { lookup } = running.use(new NameResolver({ clock: systemClock, onLookup: measureNameLookups(metrics) }));
  const open = (cell: number): Promise<OpenedPool> => cells.poolOf(cell);
  const routing = openRouting({ pool, known: substitute?.cells, open, log, config, running });
  const { findCell } = routing;
  const network = { urls, allowed, lookup, hideAddress, caPem, proxyUrl, inFlightMax, findCell };
  const senderOf: SenderOf = (cell) => composeSender({ ...network, ...cell });
  const sender = running.use(senderOf({ pool, clock }));
  warnOfLowLimit(readDescriptorLimit(), log);
  measurePool(metrics, pool);
  measureProcess(metrics, version);
  measureDirectory(metrics, { db: pool, machine: systemClock });
  const parts = {
    config,
    log,
    clock,
    metrics,
    urls,
    pool,
    passwords: createPasswordHasher(standardCost),
    keys,
    encryption,
    allowed,
    lookup,
    sender,
    ...routing,
    isWithoutDirectory: substitute !== undefined,
    tracing,
  };
  const connections = config.databaseConnections;
  const opened = running.use(
    new OpenCells({ ...parts, home: pool, access, ownerUrl, connections, mayChange: true, printStatus, stop }),
  );
  const cells = running.use(new CellContexts({ parts, opened, senderOf }));
  return { ...parts, cells };
}

type Routing = Pick<Parts, "directory" | "tenants" | "findCell">;

interface RoutingNeeds extends Pick<ConstructorParameters<typeof CellDirectory>[0], "pool" | "known" | "open" | "log"> {
  readonly config: Config;
  readonly running: AsyncDisposableStack;
}

/** Opens the components that find the cell of a provider. */
function openRouting({ config, running, ...needs }: RoutingNeeds): Routing {
  const directory = new CellDirectory(needs);
  const tenants = new TenantCache(needs.pool, (subdomain) => directory.findTenant(subdomain));
  running.defer(tenants.stop);
  const findCell = createFindCell({ tenants, baseDomain: config.baseDomain, open: needs.open });
  return { directory, tenants, findCell };
}

/** Opened first and closed last, so that it sends what the other components record while they stop. */
async function startTelemetry({
  config,
  log,
  metrics,
  running,
}: Pick<OpenNeeds, "config" | "log" | "running"> & Pick<Parts, "metrics">): Promise<Tracing | undefined> {
  const count = measureTelemetry(metrics);
  if (!hasCollector(config.telemetry)) return undefined;
  const telemetry = running.use(await openTelemetry({ config: config.telemetry, version, metrics, log, count }));
  return telemetry.tracing;
}

function readAllowed({ allowedTargets, deniedTargets }: Config): AllowedTargets {
  const allowed = parseAllowedTargets(allowedTargets, deniedTargets);
  if ("wrong" in allowed) throw new CannotStart(allowed.wrong);
  return allowed;
}

async function readAuthorities(path: string | undefined): Promise<string | undefined> {
  if (path === undefined) return undefined;
  try {
    const text = await readFile(path, "utf8");
    requireCertificates(text);
    return text;
  } catch (error) {
    throw new CannotStart(`The certificate authorities of BELLWIRE_CA_FILE cannot be read: ${errorMessage(error)}`);
  }
}

/** Node.js ignores what is no certificate, so that receivers would fail although their authority seems to be configured. */
function requireCertificates(text: string): void {
  const parts = text.split(/^(?=-----BEGIN )/m);
  const certificates = parts.filter((part) => /^-----BEGIN (?:TRUSTED )?CERTIFICATE-----/.test(part));
  if (certificates.length === 0) throw new Error("it has no certificate in the PEM format");
  for (const [index, certificate] of certificates.entries()) {
    try {
      void new X509Certificate(certificate);
    } catch (cause) {
      throw new Error(`certificate ${index + 1} of ${certificates.length} is damaged`, { cause });
    }
  }
}
