import { createPasswordHasher, type PasswordHasher, standardCost } from "#access/index.ts";
import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import type { Logger } from "pino";
import { Registry } from "prom-client";
import { type Clock, DatabaseClock, systemClock } from "#platform/clock.ts";
import { type Config, loadSecretKeys } from "#platform/config/read-config.ts";
import type { DatabaseLog } from "#platform/database/connection-watch.ts";
import type { Pool } from "#platform/database/database.ts";
import type { OpenedPool } from "#platform/database/pool.ts";
import { type Encryption, createEncryption, verifyKeys } from "#platform/encryption.ts";
import { CannotStart, errorMessage } from "#platform/errors.ts";
import { NameResolver } from "#platform/network/name-resolver.ts";
import {
  type AllowedTargets,
  type HideAddress,
  type Lookup,
  parseAllowedTargets,
} from "#platform/network/target-guard.ts";
import { createOwnBins } from "#request-bin/index.ts";
import { type GivenRequestSender, type Sender, createSender } from "#webhooks/attempts/index.ts";
import { addComingDays, readHistoryDays } from "#webhooks/deliveries/index.ts";
import type { ProviderUrls } from "./addresses.ts";
import { readDescriptorLimit, warnOfLowLimit } from "./descriptors.ts";
import { measureNameLookups, measurePool, measureProcess } from "./metrics.ts";

/** The components that both roles use. */
export interface Parts {
  readonly config: Config;
  readonly log: Logger;
  /** Follows the database's time. */
  readonly clock: Clock;
  /** The metrics of this process. */
  readonly metrics: Registry;
  readonly urls: ProviderUrls;
  readonly pool: Pool;
  readonly passwords: PasswordHasher;
  readonly keys: readonly Buffer[];
  readonly encryption: Encryption;
  readonly allowed: AllowedTargets;
  /** Shared by deliveries, pings and URL checks: one cache, one lookup per name. */
  readonly lookup: Lookup;
  readonly sender: Sender & GivenRequestSender;
}

interface OpenNeeds extends Pick<Parts, "config" | "log" | "urls"> {
  /** Called after the configuration is validated, so a refused start creates no database. */
  readonly openDatabase: () => Promise<{ readonly pool: OpenedPool }>;
  /** Closes the components in reverse order. */
  readonly running: AsyncDisposableStack;
}

export async function openParts({ config, log, urls, openDatabase, running }: OpenNeeds): Promise<Parts> {
  const allowed = readAllowed(config);
  const caPem = await readAuthorities(config.caFile);
  const { pool } = await openDatabase();
  const clock = running.use(await openDatabaseClock(pool, log));
  const keys = await loadSecretKeys(config);
  const encryption = createEncryption(keys);
  await verifyKeys(pool, encryption);
  const proxyUrl = config.proxyUrl?.reveal();
  const inFlightMax = config.engineConcurrency;
  const hideAddress = hideAddressFrom(config.baseDomain, log);
  const metrics = new Registry();
  const { lookup } = running.use(new NameResolver({ clock: systemClock, onLookup: measureNameLookups(metrics) }));
  const sender = running.use(
    composeSender({ pool, clock, urls, allowed, lookup, hideAddress, caPem, proxyUrl, inFlightMax }),
  );
  warnOfLowLimit(readDescriptorLimit(), log);
  measurePool(metrics, pool);
  measureProcess(metrics, version);
  return {
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
  };
}

/** With a base domain, providers are tenants; without one, the admins of the only provider operate the installation. */
export const hideAddressFrom = (baseDomain: string | undefined, log: Pick<Logger, "info">): HideAddress =>
  baseDomain === undefined
    ? undefined
    : (target) => log.info(target, "address is not allowed: BELLWIRE_ALLOWED_TARGETS can allow it");

function readAllowed({ allowedTargets, deniedTargets }: Config): AllowedTargets {
  const allowed = parseAllowedTargets(allowedTargets, deniedTargets);
  if ("wrong" in allowed) throw new CannotStart(allowed.wrong);
  return allowed;
}

async function readAuthorities(path: string | undefined): Promise<string | undefined> {
  if (path === undefined) return undefined;
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw new CannotStart(`The certificate authorities of BELLWIRE_CA_FILE cannot be read: ${errorMessage(error)}`);
  }
}

export interface SenderParts {
  readonly pool: Pool;
  readonly clock: Clock;
  readonly urls: ProviderUrls;
  readonly allowed: AllowedTargets;
  readonly lookup: Lookup;
  readonly caPem: string | undefined;
  readonly proxyUrl: string | undefined;
  readonly hideAddress?: HideAddress;
  readonly inFlightMax: number;
}

/** Creates the only sender, for deliveries and pings. It hands requests for our own bins over without the network. */
export function composeSender({
  pool,
  clock,
  urls,
  inFlightMax,
  ...network
}: SenderParts): Sender & GivenRequestSender & AsyncDisposable {
  return createSender({
    ...network,
    clock,
    userAgent,
    connectionsMax: inFlightMax,
    ownBins: createOwnBins({ pool, isOurs: urls.isOurs }),
  });
}

/** Opens a clock that follows the database. Creates missing tables of a day before the clock reaches it. */
export const openDatabaseClock = (pool: Pool, log: DatabaseLog): Promise<DatabaseClock> =>
  DatabaseClock.open({
    machine: systemClock,
    log,
    async read() {
      const { now, daysReady } = await readHistoryDays(pool);
      if (daysReady < 2) await addComingDays(pool);
      return now;
    },
  });

const { version: read }: { version: string } = JSON.parse(
  readFileSync(new URL("../../../package.json", import.meta.url), "utf8"),
);

/** Bellwire's version, for requests and the OpenAPI documents. */
export const version = read;

/** The `User-Agent` of all deliveries. */
export const userAgent = `Bellwire/${version}`;
