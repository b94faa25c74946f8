import { vi } from "vitest";

/** Waits until `check` no longer throws, and returns its result. The timeout suits a busy machine. */
export const waitFor = <T>(check: () => T | Promise<T>): Promise<T> => vi.waitFor(check, { timeout: 15_000 });
