import {
  type Audience,
  type Count,
  type Counter,
  countAttempt,
  attemptCounter,
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
  /** The browser's, if it has signed in with this login before. */
  readonly deviceId: string | undefined;
}

export interface SignInLimits {
  /** Counts an attempt. Returns 0 when it may go on, otherwise the seconds until the next may. */
  secondsToWait(attempt: SignInAttempt): Promise<number>;
  /** After a success: wrong passwords that were typed before it do not count. */
  letIn(attempt: SignInAttempt): Promise<void>;
}

/**
 * A network with fewer attempts for a name today is not refused because of others: the owner may come from anywhere. Counted
 * for the largest network, so that a /48 has these three once, not 65,536 times.
 */
const attemptsOfNewNetwork = 3;

/**
 * Limits guessing without letting strangers lock an owner out: a device that is known has its own attempts, a new network has
 * three that nobody else can use up, and everybody else shares a thousand a day for each name. (Decision 0022.)
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
      // Counts only now, so that a refusal by one limit uses up no other. Judges again, since a hundred may come at once.
      return before || secondsToWait(counters, await countAttempt(needs, all), 1);
    },
    async letIn(attempt) {
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
  /** Does not apply while the last counter of the group before it has so few attempts. */
  readonly unlessFewer?: number;
}

function countersOf({ audience, providerId, login, address, deviceId }: SignInAttempt): readonly Group[] {
  const name = `${audience} ${providerId} ${login.trim().slice(0, 255).toLowerCase()}`;
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
    // A local proxy that sends no client address: one limit for all would lock out everybody.
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
    { counters: each([limits.signInsOfName, limits.signInsOfNameADay], name), unlessFewer: attemptsOfNewNetwork },
  ];
}

/** The longest wait of the first group that is full. `counted` is how many of the attempts are this one. */
function secondsToWait(groups: readonly Group[], counts: readonly Count[], counted: 0 | 1): number {
  let place = 0;
  let attemptsOfNetwork = 0;
  for (const { counters, unlessFewer = 0 } of groups) {
    const own = counts.slice(place, place + counters.length);
    place += counters.length;
    const isNew = attemptsOfNetwork < unlessFewer;
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

/** True for this machine, and for a local proxy that sends no client address. */
export const isLoopback = (address: string): boolean => /^(?:127\.|::1$|::ffff:127\.)/.test(address);

/** `in a minute`, `in 9 minutes`: for people, so rounded up. */
export function formatWait(seconds: number): string {
  const minutes = Math.ceil(seconds / 60);
  return minutes === 1 ? "in a minute" : `in ${minutes} minutes`;
}
