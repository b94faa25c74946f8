import { vi } from "vitest";

/** Waits until `check` throws no more, and gives what it gives: long enough for a machine that is busy with something else. */
export const waitFor = <T>(check: () => T | Promise<T>): Promise<T> => vi.waitFor(check, { timeout: 15_000 });
