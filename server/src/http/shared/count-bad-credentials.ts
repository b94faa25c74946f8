import type { Clock } from "#platform/clock/clock.ts";

/** Wrong credentials that one address may try in a minute: a mistyped script is not locked out, a guesser is. */
const allowedInAMinute = 30;
/** Addresses remembered at once, some 100 bytes each. The oldest gives way. */
const rememberedMax = 10_000;
const minuteMs = 60_000;

export interface BadCredentialsCount {
  /** Seconds until `address` may try again; 0 if it may now. */
  secondsToWait(address: string): number;
  add(address: string): void;
}

/** Counts wrong credentials by address, in this process, in bounded memory. */
export function countBadCredentials(clock: Clock): BadCredentialsCount {
  const remembered = new Map<string, { count: number; readonly sinceMs: number }>();

  const inThisMinute = (address: string): { count: number; readonly sinceMs: number } | undefined => {
    const seen = remembered.get(address);
    return seen && clock.monotonicMs() - seen.sinceMs < minuteMs ? seen : undefined;
  };

  return {
    secondsToWait: (address) => {
      const seen = inThisMinute(address);
      if (!seen || seen.count < allowedInAMinute) return 0;
      return Math.ceil((seen.sinceMs + minuteMs - clock.monotonicMs()) / 1000);
    },
    add: (address) => {
      const seen = inThisMinute(address);
      if (seen) {
        seen.count += 1;
        return;
      }
      remembered.delete(address);
      remembered.set(address, { count: 1, sinceMs: clock.monotonicMs() });
      const [oldest] = remembered.keys();
      if (remembered.size > rememberedMax && oldest !== undefined) remembered.delete(oldest);
    },
  };
}
