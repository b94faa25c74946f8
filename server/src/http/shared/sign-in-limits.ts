import {
  type Audience,
  type Count,
  type Counter,
  countAttempt,
  attemptCounter,
  loginKey,
  networkCounters,
  resetAttempts,
  readCounts,
} from "#access/index.ts";
import type { Clock } from "#platform/clock.ts";
import type { Database } from "#platform/database/database.ts";
import { type AttemptLimit, attemptLimits as limits } from "#platform/limits.ts";

export interface SignInAttempt {
  readonly audience: Audience;
  readonly providerId: number;
  readonly login: string;
  readonly address: string;
  /** The id of the browser's known device, if it has signed in with this login before. */
  readonly deviceId: string | undefined;
}

export interface SignInLimits {
  /** Counts an attempt. Returns 0 if it may proceed, otherwise the seconds until the next attempt. */
  secondsToWait(attempt: SignInAttempt): Promise<number>;
  /** Forgets the wrong passwords before a successful sign-in. */
  recordSuccess(attempt: SignInAttempt): Promise<void>;
}

/**
 * A network with fewer attempts for a name today is not refused because of other networks, since the owner may be anywhere.
 * Counted for the largest network, so that a /48 has three attempts, not three for each of its 65,536 /64s.
 */
const attemptsOfNewNetwork = 3;

/**
 * Limits guessing without letting strangers lock an owner out: a known device has its own attempts, a new network has three of
 * its own, and all others share a thousand a day for each name. (Decision 0022.)
 */
export function createSignInLimits(needs: {
  readonly pool: Database;
  readonly clock: Pick<Clock, "now">;
}): SignInLimits {
  return {
    async secondsToWait(attempt) {
      const counters = countersOf(attempt);
      const all = counters.flatMap((group) => group.counters);
      const before = secondsToWait(counters, await readCounts(needs, all), 0);
      // Counts after the first check, so that a refusal by one limit uses up no other. Checks again for concurrent attempts.
      return before || secondsToWait(counters, await countAttempt(needs, all), 1);
    },
    async recordSuccess(attempt) {
      const own = countersOf(attempt).filter(({ isForgotten }) => isForgotten);
      await resetAttempts(
        needs,
        own.flatMap(({ counters }) => counters),
      );
    },
  };
}

interface Group {
  readonly counters: readonly Counter[];
  /** A success resets these counters. */
  readonly isForgotten?: true;
  /** Applies only from this number of attempts on in the last counter of the group before it. */
  readonly networkAttemptsMin?: number;
}

function countersOf({ audience, providerId, login, address, deviceId }: SignInAttempt): readonly Group[] {
  const name = `${audience} ${providerId} ${loginKey(login)}`;
  const each = (some: readonly AttemptLimit[], key: string): Counter[] =>
    some.map((limit) => attemptCounter(limit, key));
  if (deviceId !== undefined)
    return [
      {
        counters: each([limits.signInsOfDevice, limits.signInsOfDeviceADay], `${deviceId} ${name}`),
        isForgotten: true,
      },
    ];
  return [
    // Behind a local proxy that sends no client address, one limit would lock out everybody.
    {
      counters: isLoopback(address)
        ? []
        : networkCounters(limits.signInsOfNetwork, address, `${audience} ${providerId}`),
    },
    {
      counters: [limits.signInsOfNameAndNetwork, limits.signInsOfNameAndNetworkADay].flatMap((limit) =>
        networkCounters(limit, address, name),
      ),
      isForgotten: true,
    },
    {
      counters: each([limits.signInsOfName, limits.signInsOfNameADay], name),
      networkAttemptsMin: attemptsOfNewNetwork,
    },
  ];
}

/** Returns the longest wait of the first exhausted group. `counted` is 1 if the counts include this attempt. */
function secondsToWait(groups: readonly Group[], counts: readonly Count[], counted: 0 | 1): number {
  let offset = 0;
  let attemptsOfNetwork = 0;
  for (const { counters, networkAttemptsMin = 0 } of groups) {
    const own = counts.slice(offset, offset + counters.length);
    offset += counters.length;
    const isNew = attemptsOfNetwork < networkAttemptsMin;
    attemptsOfNetwork = (own.at(-1)?.attempts ?? 0) - counted;
    if (isNew) continue;
    const waits = own.map(({ attempts, secondsLeft }, at) =>
      attempts - counted >= (counters[at]?.attemptsMax ?? 0) ? secondsLeft : 0,
    );
    const longest = Math.max(0, ...waits);
    if (longest > 0) return longest;
  }
  return 0;
}

/** Returns true for this machine, and for a local proxy that sends no client address. */
export const isLoopback = (address: string): boolean => /^(?:127\.|::1$|::ffff:127\.)/.test(address);

/** Returns `in a minute` or `in 9 minutes`, rounded up. */
export function formatWait(seconds: number): string {
  const minutes = Math.ceil(seconds / 60);
  return minutes === 1 ? "in a minute" : `in ${minutes} minutes`;
}
