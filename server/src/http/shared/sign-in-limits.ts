import { createAttemptLimiter } from "#access/index.ts";
import type { Clock } from "#platform/clock/clock.ts";
import { networkOf } from "#platform/network/network-of.ts";

interface SignInAttempt {
  readonly providerId: number;
  readonly login: string;
  readonly address: string;
}

export interface SignInLimits {
  /** Counts an attempt. 0 when it may go on, else the seconds until the next may. */
  secondsToWait(attempt: SignInAttempt): number;
  /** After a success: what was typed wrong before does not count, and the name is known to come from there. */
  letIn(attempt: SignInAttempt): void;
}

/** For one who tries many names. An office is behind one address. */
const ofNetwork = { attemptsMax: 100, windowSeconds: 10 * 60 } as const;

/** For one who tries many passwords for a name. */
const ofNameFromNetwork = { attemptsMax: 10, windowSeconds: 10 * 60 } as const;

/** For many who do: 30,000 guesses a day find no password of twelve signs, and the owner waits a minute. */
const ofName = { attemptsMax: 20, windowSeconds: 60 } as const;

/** Some 2 MB. The one that was let in longest ago gives way. */
const knownMax = 20_000;

/**
 * How often somebody may try, by network and by name. An attempt that one limit refuses is not counted by the next, so that a
 * single network can neither use up a name's attempts nor push out what is counted of others. Nor can many networks lock
 * an owner out who has signed in from the same network before.
 */
export function createSignInLimits(clock: Pick<Clock, "monotonicMs">): SignInLimits {
  const byNetwork = createAttemptLimiter(clock, ofNetwork);
  const byNameFromNetwork = createAttemptLimiter(clock, ofNameFromNetwork);
  const byName = createAttemptLimiter(clock, ofName);
  const known = new Set<string>();

  return {
    secondsToWait(attempt) {
      const { network, name, nameFromNetwork } = keysOf(attempt);
      return (
        (isLoopback(attempt.address) ? 0 : byNetwork.secondsToWait(network)) ||
        byNameFromNetwork.secondsToWait(nameFromNetwork) ||
        (known.has(nameFromNetwork) ? 0 : byName.secondsToWait(name))
      );
    },
    letIn(attempt) {
      const { nameFromNetwork } = keysOf(attempt);
      byNameFromNetwork.forget(nameFromNetwork);
      known.delete(nameFromNetwork);
      known.add(nameFromNetwork);
      const [oldest] = known;
      if (known.size > knownMax && oldest !== undefined) known.delete(oldest);
    },
  };
}

function keysOf({ providerId, login, address }: SignInAttempt) {
  const network = networkOf(address);
  const name = `${providerId} ${login.slice(0, 255).toLowerCase()}`;
  return { network, name, nameFromNetwork: `${network} ${name}` };
}

/** Our own machine, or a proxy on it that does not say for whom it asks: one limit for all would lock out everybody. */
export const isLoopback = (address: string): boolean => /^(?:127\.|::1$|::ffff:127\.)/.test(address);

/** `in a minute`, `in 9 minutes`: for people, so rounded up. */
export function waitInWords(seconds: number): string {
  const minutes = Math.ceil(seconds / 60);
  return minutes === 1 ? "in a minute" : `in ${minutes} minutes`;
}
