import { expect, onTestFinished, test, vi } from "vitest";

import { gatherStaleKeys } from "./gather-stale-keys.ts";
import { waitFor } from "../testing/wait-for.ts";

test("a burst of messages about one list fetches it once", async () => {
  const invalidateQueries = vi.fn<() => Promise<void>>().mockResolvedValue();
  const gatherer = gatherStaleKeys({ invalidateQueries, isFetching: () => 0 }, 1);

  for (let message = 0; message < 50; message += 1) gatherer.add(["deliveries", "list"]);
  await waitFor(() => expect(invalidateQueries).toHaveBeenCalled());

  expect(invalidateQueries.mock.calls).toEqual([[{ queryKey: ["deliveries", "list"] }]]);
});

test("what becomes stale while it is fetched is fetched again, after that", async () => {
  const { promise: fetched, resolve: answer } = Promise.withResolvers<void>();
  const invalidateQueries = vi.fn<() => Promise<void>>().mockReturnValueOnce(fetched).mockResolvedValue();
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const gatherer = gatherStaleKeys({ invalidateQueries, isFetching: () => 0 }, 1);

  gatherer.add(["deliveries", "list"]);
  await vi.advanceTimersByTimeAsync(10);
  gatherer.add(["deliveries", "list"]);
  await vi.advanceTimersByTimeAsync(10);
  expect(invalidateQueries).toHaveBeenCalledOnce();

  answer();
  await vi.advanceTimersByTimeAsync(10);
  expect(invalidateQueries).toHaveBeenCalledTimes(2);
});

test("what is just being fetched, such as more of a list, is not cut off but marked after that", async () => {
  const invalidateQueries = vi.fn<() => Promise<void>>().mockResolvedValue();
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  let fetching = 1;
  const gatherer = gatherStaleKeys({ invalidateQueries, isFetching: () => fetching }, 1);

  gatherer.add(["deliveries", "list"]);
  await vi.advanceTimersByTimeAsync(10);
  expect(invalidateQueries).not.toHaveBeenCalled();

  fetching = 0;
  await vi.advanceTimersByTimeAsync(10);
  expect(invalidateQueries).toHaveBeenCalledOnce();
});

test("after it was stopped nothing is marked any more, not even what came during the last round", async () => {
  const { promise: fetched, resolve: answer } = Promise.withResolvers<void>();
  const invalidateQueries = vi.fn<() => Promise<void>>().mockReturnValueOnce(fetched).mockResolvedValue();
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const gatherer = gatherStaleKeys({ invalidateQueries, isFetching: () => 0 }, 1);

  gatherer.add(["deliveries", "list"]);
  await vi.advanceTimersByTimeAsync(10);
  gatherer.add(["deliveries", "list"]);
  gatherer.stop();
  answer();
  await vi.advanceTimersByTimeAsync(10);
  expect(invalidateQueries).toHaveBeenCalledOnce();
});
