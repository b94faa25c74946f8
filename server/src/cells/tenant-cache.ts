import { systemClock } from "#platform/clock.ts";
import type { Pool } from "#platform/database/database.ts";
import { type Tenant, findTenant, tenantsChannel } from "./directory.ts";

/** Anyone can send any host name, so only existing tenants are cached, about 200 bytes each. */
const cachedMax = 10_000;
/** How often a held request looks whether its provider has moved. */
const lookEveryMs = 25;
/** No subdomain is empty, so this key is free for the first tenant. */
const first = "";

/**
 * The tenants that this process has seen. Hits are kept until a hint says that the tenant changed, or `forget` is called. So
 * requests of known tenants need no directory, and a lost hint is found out by the cell, which does not know its provider any more.
 */
export class TenantCache {
  readonly #find: (subdomain: string | undefined) => Promise<Tenant | undefined>;
  readonly #known = new Map<string, Tenant>();
  readonly #reading = new Map<string, Promise<Tenant | undefined>>();
  /** Stops listening to hints. */
  readonly stop: () => void;
  #changes = 0;

  constructor(directory: Pool, find = (subdomain: string | undefined) => findTenant(directory, subdomain)) {
    this.#find = find;
    this.stop = directory.onHint(tenantsChannel, (providerIds) => {
      if (providerIds.length === 0) this.#forgetAll();
      else for (const id of providerIds) this.forget(Number(id));
    });
  }

  /** Returns the tenant of a subdomain; without one, the first. Waits while the tenant is held. */
  async find(subdomain: string | undefined): Promise<Tenant | undefined> {
    const key = subdomain ?? first;
    const known = this.#known.get(key);
    if (known) return known;
    const reading = this.#reading.get(key) ?? this.#read(subdomain).finally(() => this.#reading.delete(key));
    this.#reading.set(key, reading);
    return reading;
  }

  /** Reads the tenant again at the next request. */
  forget(providerId: number): void {
    this.#changes += 1;
    for (const [key, tenant] of this.#known) if (tenant.providerId === providerId) this.#known.delete(key);
  }

  async #read(subdomain: string | undefined): Promise<Tenant | undefined> {
    for (;;) {
      const changesBefore = this.#changes;
      const tenant = await this.#find(subdomain);
      if (tenant?.isHeld) {
        await systemClock.sleep(lookEveryMs);
        continue;
      }
      // A change during the read may be missing from its result.
      if (tenant && this.#known.size < cachedMax && this.#changes === changesBefore) {
        this.#known.set(subdomain ?? first, tenant);
      }
      return tenant;
    }
  }

  #forgetAll(): void {
    this.#changes += 1;
    this.#known.clear();
  }
}
