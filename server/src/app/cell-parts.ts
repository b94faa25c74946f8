import type { Logger } from "pino";
import { type Clock, DatabaseClock, systemClock } from "#platform/clock.ts";
import type { DatabaseLog } from "#platform/database/connection-watch.ts";
import type { Pool } from "#platform/database/database.ts";
import { limitRepetitions } from "#platform/logger.ts";
import type { AllowedTargets, HideAddress, Lookup } from "#platform/network/target-guard.ts";
import { userAgent } from "#platform/version.ts";
import type { TenantCache } from "#cells/index.ts";
import { createFindTenant } from "#portal/providers/index.ts";
import { type FindCell, createOwnBins } from "#request-bin/index.ts";
import { type GivenRequestSender, type Sender, createSender } from "#webhooks/attempts/index.ts";
import { addComingDays, readHistoryDays } from "#webhooks/deliveries/index.ts";
import { addStatisticsPartitions } from "#webhooks/statistics/index.ts";
import type { ProviderUrls } from "./addresses.ts";

/** With a base domain, providers are tenants; without one, the admins of the only provider operate the installation. */
export const hideAddressFrom = (baseDomain: string | undefined, log: Pick<Logger, "info">): HideAddress =>
  baseDomain === undefined
    ? undefined
    : (target) => log.info(target, "address is not allowed: BELLWIRE_ALLOWED_TARGETS can allow it");

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
  /** Leads to the bins of other cells. */
  readonly findCell?: FindCell;
}

/** Creates the only sender, for deliveries and pings. It hands requests for our own bins over without the network. */
export function composeSender({
  pool,
  clock,
  urls,
  inFlightMax,
  findCell,
  ...network
}: SenderParts): Sender & GivenRequestSender & AsyncDisposable {
  return createSender({
    ...network,
    clock,
    userAgent,
    connectionsMax: inFlightMax,
    ownBins: createOwnBins({ pool, isOurs: urls.isOurs, findCell }),
  });
}

/** Creates a function that finds the cell of a host's provider. */
export function createFindCell({
  tenants,
  baseDomain,
  open,
}: {
  readonly tenants: TenantCache;
  readonly baseDomain: string | undefined;
  readonly open: (cell: number) => Promise<Pool>;
}): FindCell {
  const findTenant = createFindTenant(tenants, baseDomain);
  return async (host, { isAgain } = { isAgain: false }) => {
    let tenant = await findTenant(host);
    if (tenant && isAgain) {
      tenants.forget(tenant.providerId);
      tenant = await findTenant(host);
    }
    return tenant && open(tenant.cell);
  };
}

/** Opens a clock that follows the database. Creates missing tables of a day before the clock reaches it. */
export const openDatabaseClock = (
  pool: Pool,
  log: DatabaseLog,
  /** Another cell, whose clock is followed while `pool` does not respond. */
  substitute?: Pool,
): Promise<DatabaseClock> =>
  DatabaseClock.open({
    machine: systemClock,
    log: { warn: limitRepetitions(log) },
    read: async () => {
      try {
        return await readDatabaseTime(pool);
      } catch (error) {
        if (!substitute) throw error;
        return readDatabaseTime(substitute);
      }
    },
  });

async function readDatabaseTime(pool: Pool): Promise<Date> {
  const { now, daysReady } = await readHistoryDays(pool);
  if (daysReady < 2) await Promise.all([addComingDays(pool), addStatisticsPartitions(pool)]);
  return now;
}
