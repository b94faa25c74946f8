import type { Logger } from "pino";
import { type MetricObjectWithValues, type MetricValue, Registry } from "prom-client";
import { type OpenCells, defaultCell, type TenantCache } from "#cells/index.ts";
import { systemClock, DatabaseClock } from "#platform/clock.ts";
import type { DatabaseLog } from "#platform/database/failover.ts";
import type { Pool } from "#platform/database/database.ts";
import type { OpenedPool } from "#platform/database/pool.ts";
import { verifyKeys } from "#platform/encryption.ts";
import { limitRepetitions } from "#platform/logger.ts";
import type { HideAddress } from "#platform/network/target-guard.ts";
import { userAgent } from "#platform/http.ts";
import { createFindTenant } from "#portal/providers/index.ts";
import { type FindCell, createOwnBins } from "#request-bin/index.ts";
import { type GivenRequestSender, type Sender, createSender } from "#webhooks/attempts/index.ts";
import { addComingDays, readHistoryDays } from "#webhooks/deliveries/index.ts";
import { addStatisticsPartitions } from "#webhooks/statistics/index.ts";
import { measureBacklog, measureDatabase, measurePool } from "./metrics.ts";
import type { Parts } from "./open-parts.ts";

export type Metrics = readonly MetricObjectWithValues<MetricValue<string>>[];

/** The components that every cell shares, with those of the default cell. */
type SharedParts = Omit<Parts, "cells">;

interface ContextNeeds {
  readonly parts: SharedParts;
  readonly opened: OpenCells;
  readonly senderOf: SenderOf;
}

/**
 * The components of the cells other than the default one: pool, clock, sender and metrics of their own, once per process. A cell is
 * opened when it is first used; one that cannot be opened is tried again.
 */
export class CellContexts implements AsyncDisposable {
  readonly #needs: ContextNeeds;
  readonly #running = new AsyncDisposableStack();
  readonly #contexts = new Map<number, Promise<SharedParts>>();
  /** Those that are open. Nothing that reads all of them waits for a database that does not respond. */
  readonly #opened: SharedParts[] = [];

  constructor(needs: ContextNeeds) {
    this.#needs = needs;
  }

  /** Returns the components of a cell. Rejects as with a lost connection while its database does not respond. */
  async get(number: number): Promise<Parts> {
    const known = this.#contexts.get(number) ?? this.#open(number);
    this.#contexts.set(number, known);
    known.catch(() => this.#contexts.delete(number));
    return { ...(await known), cells: this };
  }

  /** Returns the database of a cell. */
  async poolOf(number: number): Promise<OpenedPool> {
    return number === defaultCell ? this.#needs.parts.pool : (await this.get(number)).pool;
  }

  /** Runs work on the database of a cell. Keeps no connections to one that this process does not use. */
  visit<T>(number: number, work: (cell: OpenedPool) => Promise<T>): Promise<T> {
    return this.#needs.opened.visit(number, work);
  }

  /** Returns the metrics of all open cells, with the label `cell`. */
  async readMetrics(): Promise<Metrics> {
    return (await Promise.all(this.#opened.map(({ metrics }) => metrics.getMetricsAsJSON()))).flat();
  }

  /** Returns true if the database of an open cell responds. */
  isAnyReady(): Promise<boolean> {
    return Promise.any(this.#opened.map(({ pool }) => pool.query("select"))).then(
      () => true,
      () => false,
    );
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#running.disposeAsync();
  }

  async #open(number: number): Promise<SharedParts> {
    const { parts, opened, senderOf } = this.#needs;
    const { log, encryption } = parts;
    const { name, pool } = await opened.get(number);
    await verifyKeys(pool, encryption);
    await using opening = new AsyncDisposableStack();
    const clock = opening.use(await openDatabaseClock(pool, log));
    const metrics = new Registry();
    metrics.setDefaultLabels({ cell: name });
    measurePool(metrics, pool);
    const measured = { db: pool, machine: systemClock };
    measureBacklog(metrics, measured);
    measureDatabase(metrics, measured);
    const sender = opening.use(senderOf({ pool, clock }));
    this.#running.use(opening.move());
    const context = { ...parts, pool, clock, metrics, sender };
    this.#opened.push(context);
    return context;
  }
}

/** With a base domain, providers are tenants; without one, the admins of the only provider operate the installation. */
export const hideAddressFrom = (baseDomain: string | undefined, log: Pick<Logger, "info">): HideAddress =>
  baseDomain === undefined
    ? undefined
    : (target) => log.info(target, "address is not allowed: BELLWIRE_ALLOWED_TARGETS can allow it");

interface SenderParts extends Pick<Parts, "clock" | "urls" | "allowed" | "lookup"> {
  readonly pool: Pool;
  readonly caPem: string | undefined;
  readonly proxyUrl: string | undefined;
  readonly hideAddress?: HideAddress;
  readonly inFlightMax: number;
  /** Leads to the bins of other cells. */
  readonly findCell?: FindCell;
}

/** Creates the sender of a cell. */
export type SenderOf = (cell: Pick<SenderParts, "pool" | "clock">) => ReturnType<typeof composeSender>;

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
