import { beforeEach, expect, onTestFinished, test, vi } from "vitest";

import { followStream, type LiveState } from "./live-updates.ts";

/** An EventSource as the server and the network would have it. */
class Stream extends EventTarget {
  static readonly CLOSED = 2;
  static opened: Stream[] = [];
  readyState = 0;

  constructor() {
    super();
    Stream.opened.push(this);
  }

  open(): void {
    this.readyState = 1;
    this.dispatchEvent(new Event("open"));
  }

  /** The connection broke: a browser opens it again by itself. */
  break(): void {
    this.readyState = 0;
    this.dispatchEvent(new Event("error"));
  }

  /** The server answered with an error: a browser gives up for good. */
  refuse(): void {
    this.readyState = 2;
    this.dispatchEvent(new Event("error"));
  }

  close(): void {
    this.readyState = 2;
  }
}

beforeEach(() => {
  Stream.opened = [];
  vi.stubGlobal("EventSource", Stream);
  vi.useFakeTimers();
  onTestFinished(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });
});

function follow() {
  const told: LiveState[] = [];
  const invalidateQueries = vi.fn<(filter?: { queryKey?: readonly unknown[] }) => Promise<void>>().mockResolvedValue();
  const stop = followStream({ invalidateQueries, isFetching: () => 0 }, (state) => told.push(state));
  const newest = (): Stream => {
    const stream = Stream.opened.at(-1);
    if (!stream) throw new Error("No stream was opened.");
    return stream;
  };
  const refreshed = () => invalidateQueries.mock.calls.map(([filter]) => String(filter?.queryKey));
  return { told, stop, newest, refreshed };
}

test("a stream that the browser gave up is opened anew, again and again, and says meanwhile that it is not live", async () => {
  const { told, newest } = follow();
  newest().open();
  newest().refuse();
  expect(told).toEqual(["live", "interrupted"]);

  await vi.advanceTimersByTimeAsync(1000);
  expect(Stream.opened).toHaveLength(2);
  newest().refuse();
  await vi.advanceTimersByTimeAsync(2000);
  expect(Stream.opened).toHaveLength(3);
  newest().open();
  expect(told.at(-1)).toBe("live");
});

test("whoever was cut off for good is shown what he missed", async () => {
  const { newest, refreshed } = follow();
  newest().open();
  newest().refuse();
  await vi.advanceTimersByTimeAsync(1000);
  newest().open();
  await vi.advanceTimersByTimeAsync(1000);
  expect(refreshed().toSorted()).toEqual(["deliveries", "endpoints", "events", "failures"]);
});

test("after a break that the browser mended, only what is not told later is read again", async () => {
  const { newest, refreshed } = follow();
  newest().open();
  newest().break();
  newest().open();
  await vi.advanceTimersByTimeAsync(1000);
  expect(Stream.opened).toHaveLength(1);
  expect(refreshed().toSorted()).toEqual(["endpoints", "failures"]);
});

test("a connection that died in silence is noticed", async () => {
  const { newest } = follow();
  newest().open();
  await vi.advanceTimersByTimeAsync(6 * 60_000);
  expect(Stream.opened).toHaveLength(2);
});

test("nothing is opened any more once nobody follows", async () => {
  const { newest, stop } = follow();
  newest().refuse();
  stop();
  await vi.advanceTimersByTimeAsync(60 * 60_000);
  expect(Stream.opened).toHaveLength(1);
  expect(newest().readyState).toBe(Stream.CLOSED);
});
