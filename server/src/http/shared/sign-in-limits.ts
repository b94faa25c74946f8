import { createAttemptLimiter } from "#access/index.ts";
import type { Clock } from "#platform/clock/clock.ts";

interface SignInAttempt {
  readonly providerId: number;
  readonly login: string;
  readonly address: string;
}

export interface SignInLimits {
  /** Counts an attempt. 0 when it may go on, else the seconds until the next may. */
  secondsToWait(attempt: SignInAttempt): number;
  forget(attempt: SignInAttempt): void;
}

const windowSeconds = 10 * 60;

/** Ten tries for one name from one address, and a hundred names from one address, in ten minutes. */
export function createSignInLimits(clock: Clock): SignInLimits {
  const byLogin = createAttemptLimiter(clock, { attemptsMax: 10, windowSeconds });
  const byAddress = createAttemptLimiter(clock, { attemptsMax: 100, windowSeconds });
  const keyOf = ({ providerId, login, address }: SignInAttempt): string =>
    `${providerId} ${address} ${login.slice(0, 255).toLowerCase()}`;

  return {
    secondsToWait: (attempt) =>
      Math.max(
        byLogin.secondsToWait(keyOf(attempt)),
        isLoopback(attempt.address) ? 0 : byAddress.secondsToWait(attempt.address),
      ),
    forget: (attempt) => byLogin.forget(keyOf(attempt)),
  };
}

/** Our own machine, or a proxy on it that does not say for whom it asks: one limit for all would lock out everybody. */
export const isLoopback = (address: string): boolean => /^(?:127\.|::1$|::ffff:127\.)/.test(address);

/** `in a minute`, `in 9 minutes`: for people, so rounded up. */
export function waitInWords(seconds: number): string {
  const minutes = Math.ceil(seconds / 60);
  return minutes === 1 ? "in a minute" : `in ${minutes} minutes`;
}
