import { beforeEach, vi } from "vitest";

/**
 * Empties the page before each test, because all test files of a process share one document. Elements that a test leaves would
 * otherwise be found by the next one, instead of its own with the same id.
 */
beforeEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
  localStorage.clear();
  document.body.replaceChildren();
});
