import { callersChannel, digestOf } from "#access/index.ts";
import type { Clock } from "#platform/clock/clock.ts";
import type { Pool } from "#platform/database/database.ts";
import { readProviderWithToken, type ProviderWithToken } from "#portal/providers/index.ts";

/** What a hint says too late, or a lost one never, is found out by then. */
const rememberedMs = 1000;

/** Those of one second, at a kilobyte each. Past that all are forgotten: it costs a round trip each. */
const rememberedMax = 1000;

interface Caller {
  readonly providerId: number;
  /** What may be an access token. */
  readonly value: string | undefined;
}

export interface RecalledCaller extends ProviderWithToken {
  /** Since when at most it may no longer be so. */
  readonly atMs: number;
}

interface RecallCaller {
  /** The provider, and the token if it counts. Undefined if there is no such provider. */
  recall(caller: Caller): Promise<RecalledCaller | undefined>;
  stop(): void;
}

/**
 * Reads what every request begins with, and remembers it for a second or until a hint says that some caller has changed:
 * in this process before who changed it goes on, in others some milliseconds later. A token or a provider that was not
 * found is looked for each time.
 */
export function createRecallCaller({ pool, clock }: { readonly pool: Pool; readonly clock: Clock }): RecallCaller {
  const remembered = new Map<string, RecalledCaller>();
  let changes = 0;
  const stop = pool.onHint(callersChannel, () => {
    changes += 1;
    remembered.clear();
  });

  const counts = ({ atMs, token }: RecalledCaller): boolean =>
    clock.monotonicMs() - atMs < rememberedMs && !(token?.expiresAt && token.expiresAt <= clock.now());

  return {
    stop,
    async recall({ providerId, value }) {
      const key = value === undefined ? `${providerId}` : `${providerId} ${digestOf(value).toString("base64")}`;
      const known = remembered.get(key);
      if (known && counts(known)) return known;

      const [atMs, changesBefore] = [clock.monotonicMs(), changes];
      const read = await readProviderWithToken(pool, { providerId, value, now: clock.now() });
      if (!read) return undefined;
      const recalled = { ...read, atMs };
      const isKnown = value === undefined || read.token !== undefined;
      // A change that was told of meanwhile may or may not be in what was read.
      if (isKnown && changes === changesBefore) {
        if (remembered.size >= rememberedMax) remembered.clear();
        remembered.set(key, recalled);
      }
      return recalled;
    },
  };
}
