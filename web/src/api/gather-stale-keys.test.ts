import { expect, onTestFinished, test, vi } from "vitest";

import { gatherStaleKeys } from "./gather-stale-keys.ts";

test("a burst of messages about one list fetches it once", async () => {
  const invalidateQueries = vi.fn<() => Promise<void>>().mockResolvedValue();
  const gatherer = gatherStaleKeys({ invalidateQueries }, 1);

  for (let message = 0; message < 50; message += 1) gatherer.add(["deliveries", "list"]);
  await vi.waitFor(() => expect(invalidateQueries).toHaveBeenCalled());

  expect(invalidateQueries.mock.calls).toEqual([[{ queryKey: ["deliveries", "list"] }]]);
});

test("what becomes stale while it is fetched is fetched again, after that", async () => {
  const { promise: fetched, resolve: answer } = Promise.withResolvers<void>();
  const invalidateQueries = vi.fn<() => Promise<void>>().mockReturnValueOnce(fetched).mockResolvedValue();
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const gatherer = gatherStaleKeys({ invalidateQueries }, 1);

  gatherer.add(["deliveries", "list"]);
  await vi.advanceTimersByTimeAsync(10);
  gatherer.add(["deliveries", "list"]);
  await vi.advanceTimersByTimeAsync(10);
  expect(invalidateQueries).toHaveBeenCalledOnce();

  answer();
  await vi.advanceTimersByTimeAsync(10);
  expect(invalidateQueries).toHaveBeenCalledTimes(2);
});
