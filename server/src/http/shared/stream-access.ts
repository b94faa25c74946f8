import { callersChannel } from "#access/index.ts";
import type { Pool } from "#platform/database/database.ts";
import { streamLimits } from "#platform/limits/bin-limits.ts";

type Check = () => void;

/**
 * The open streams of each provider, which check again whether their caller may still look as soon as anything about the
 * provider's callers changes: a session ends, a role or a token is taken away, the provider is suspended.
 */
export class StreamAccess {
  readonly #checks = new Map<number, Set<Check>>();
  readonly #stopListening: () => void;

  constructor(pool: Pick<Pool, "onHint">) {
    this.#stopListening = pool.onHint(callersChannel, (providerIds) => {
      // Without ids, hints may have been missed.
      const changed = providerIds.length > 0 ? providerIds.map(Number) : [...this.#checks.keys()];
      for (const id of changed) for (const check of this.#checks.get(id) ?? []) check();
    });
  }

  /** Returns how to stop. `undefined`: the provider has as many streams as it may. */
  watch(providerId: number, check: Check): (() => void) | undefined {
    const checks = this.#checks.get(providerId) ?? new Set();
    if (checks.size >= streamLimits.streams.max) return undefined;
    this.#checks.set(providerId, checks.add(check));
    return () => {
      checks.delete(check);
      if (checks.size === 0) this.#checks.delete(providerId);
    };
  }

  close(): void {
    this.#stopListening();
  }
}
