import type { Clock } from "#platform/clock/clock.ts";

interface Window {
  attempts: number;
  readonly endsAtMs: number;
}

export interface AttemptLimiter {
  /** Counts an attempt for `key`. Answers 0 when it may go on, else the seconds until the next one may. */
  secondsToWait(key: string): number;
  /** The same without counting: for those who count failures only, with `secondsToWait` afterwards. */
  secondsLeft(key: string): number;
  /** After a success: the attempts before it were somebody's typing errors. */
  forget(key: string): void;
}

/** Enough for an attack from many addresses; some 2 MB. The key that started longest ago gives way. */
const keysMax = 20_000;

/**
 * So many attempts within so many seconds, each key on its own. Counted before the attempt is made, so that a hundred at
 * once are a hundred. In this process's memory: with several processes an attacker has as many times the attempts.
 */
export function createAttemptLimiter(
  clock: Pick<Clock, "monotonicMs">,
  { attemptsMax, windowSeconds }: { attemptsMax: number; windowSeconds: number },
): AttemptLimiter {
  const windows = new Map<string, Window>();

  const openWindow = (key: string, nowMs: number): Window => {
    windows.delete(key);
    for (const oldest of windows.keys()) {
      if (windows.size < keysMax) break;
      windows.delete(oldest);
    }
    const window = { attempts: 0, endsAtMs: nowMs + windowSeconds * 1000 };
    windows.set(key, window);
    return window;
  };

  return {
    secondsToWait(key) {
      const nowMs = clock.monotonicMs();
      const known = windows.get(key);
      const window = known && known.endsAtMs > nowMs ? known : openWindow(key, nowMs);
      if (window.attempts >= attemptsMax) return Math.ceil((window.endsAtMs - nowMs) / 1000);
      window.attempts += 1;
      return 0;
    },
    secondsLeft(key) {
      const window = windows.get(key);
      const leftMs = window && window.attempts >= attemptsMax ? window.endsAtMs - clock.monotonicMs() : 0;
      return Math.max(0, Math.ceil(leftMs / 1000));
    },
    forget: (key) => void windows.delete(key),
  };
}
