import { type MetricObjectWithValues, type MetricValue, Registry } from "prom-client";
import { type OpenCells, defaultCell } from "#cells/index.ts";
import { systemClock } from "#platform/clock.ts";
import type { OpenedPool } from "#platform/database/pool.ts";
import { verifyKeys } from "#platform/encryption.ts";
import { composeSender, hideAddressFrom, openDatabaseClock } from "./cell-parts.ts";
import { measureBacklog, measureDatabase, measurePool } from "./metrics.ts";
import type { Parts } from "./open-parts.ts";

export type Metrics = readonly MetricObjectWithValues<MetricValue<string>>[];

/** The components that every cell shares, with those of the default cell. */
type SharedParts = Omit<Parts, "cells">;

interface ContextNeeds {
  readonly parts: SharedParts;
  readonly opened: OpenCells;
  readonly caPem: string | undefined;
}

/**
 * The components of the cells other than the default one: pool, clock, sender and metrics of their own, once per process. A cell is
 * opened when it is first used; one that cannot be opened is tried again.
 */
export class CellContexts implements AsyncDisposable {
  readonly #needs: ContextNeeds;
  readonly #running = new AsyncDisposableStack();
  readonly #contexts = new Map<number, Promise<SharedParts>>();

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

  /** Returns the metrics of all open cells, with the label `cell`. */
  async readMetrics(): Promise<Metrics> {
    return (await Promise.all((await this.#opened()).map(({ metrics }) => metrics.getMetricsAsJSON()))).flat();
  }

  /** Returns true if the database of an open cell responds. */
  async isAnyReady(): Promise<boolean> {
    const answers = (await this.#opened()).map(({ pool }) => pool.query("select"));
    return Promise.any(answers).then(
      () => true,
      () => false,
    );
  }

  async #opened(): Promise<readonly SharedParts[]> {
    const contexts = await Promise.allSettled(this.#contexts.values());
    return contexts.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#running.disposeAsync();
  }

  async #open(number: number): Promise<SharedParts> {
    const { parts, opened, caPem } = this.#needs;
    const { config, log, urls, allowed, lookup, encryption, findCell } = parts;
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
    const proxyUrl = config.proxyUrl?.reveal();
    const network = { urls, allowed, lookup, caPem, proxyUrl, hideAddress: hideAddressFrom(config.baseDomain, log) };
    const sender = opening.use(
      composeSender({ pool, clock, ...network, findCell, inFlightMax: config.engineConcurrency }),
    );
    this.#running.use(opening.move());
    return { ...parts, pool, clock, metrics, sender };
  }
}
