import { beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { exampleDelivery, exampleEvent } from "../testing/examples.ts";
import { waitFor } from "../testing/wait-for.ts";
import { type LiveState, followStream, batchInvalidations, staleKeys } from "./live-updates.tsx";

/** A fake EventSource whose connection the test controls. */
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

  /** Breaks the connection, which a browser reopens automatically. */
  break(): void {
    this.readyState = 0;
    this.dispatchEvent(new Event("error"));
  }

  /** Responds with an error, after which a browser does not reconnect. */
  refuse(): void {
    this.readyState = 2;
    this.dispatchEvent(new Event("error"));
  }

  close(): void {
    this.readyState = 2;
  }
}

/** The parts of a document that tell whether its tab is shown. */
class Tab extends EventTarget {
  hidden = false;

  setHidden(isHidden: boolean): void {
    this.hidden = isHidden;
    this.dispatchEvent(new Event("visibilitychange"));
  }
}

/** Connects the windows of a browser. Messages arrive at once. */
class Channel extends EventTarget {
  static opened = new Set<Channel>();

  constructor() {
    super();
    Channel.opened.add(this);
  }

  postMessage(data: unknown): void {
    for (const other of Channel.opened) {
      if (other !== this) other.dispatchEvent(new MessageEvent("message", { data }));
    }
  }

  close(): void {
    Channel.opened.delete(this);
  }
}

let tab: Tab;

beforeEach(() => {
  Stream.opened = [];
  Channel.opened.clear();
  vi.stubGlobal("BroadcastChannel", Channel);
  tab = new Tab();
  vi.stubGlobal("EventSource", Stream);
  vi.stubGlobal("document", tab);
  vi.stubGlobal("window", new EventTarget());
  vi.useFakeTimers();
  onTestFinished(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });
});

function follow() {
  const states: LiveState[] = [];
  const invalidateQueries = vi.fn<(filter?: { queryKey?: readonly unknown[] }) => Promise<void>>().mockResolvedValue();
  const onRefused = vi.fn<() => void>();
  const stop = followStream(
    { invalidateQueries, isFetching: () => 0 },
    { onState: (state) => states.push(state), onRefused, onMessage: () => undefined },
  );
  const newest = (): Stream => {
    const stream = Stream.opened.at(-1);
    if (!stream) throw new Error("No stream was opened.");
    return stream;
  };
  const refreshed = () => invalidateQueries.mock.calls.map(([filter]) => String(filter?.queryKey));
  return { states, stop, newest, refreshed, onRefused };
}

test("a stream closed by the browser after an error is reopened with backoff, and is not live meanwhile", async () => {
  const { states, newest } = follow();
  newest().open();
  newest().refuse();
  expect(states).toEqual(["live", "interrupted"]);

  await vi.advanceTimersByTimeAsync(1000);
  expect(Stream.opened).toHaveLength(2);
  newest().refuse();
  await vi.advanceTimersByTimeAsync(2000);
  expect(Stream.opened).toHaveLength(3);
  newest().open();
  expect(states.at(-1)).toBe("live");
});

test("each refused connection is reported, and a lost one is not", async () => {
  const { newest, onRefused } = follow();
  newest().open();
  newest().break();
  expect(onRefused).not.toHaveBeenCalled();
  newest().refuse();
  await vi.advanceTimersByTimeAsync(1000);
  newest().refuse();
  expect(onRefused).toHaveBeenCalledTimes(2);
});

/** All queries that messages of the stream refresh, except the statistics, which poll. */
const streamed = [
  "accounts",
  "applications",
  "deliveries",
  "delivery pages",
  "endpoints",
  "events",
  "failures",
  "history",
  "replays",
];

test("reopening a stream refreshes all lists", async () => {
  const { newest, refreshed } = follow();
  newest().open();
  newest().refuse();
  await vi.advanceTimersByTimeAsync(1000);
  newest().open();
  await vi.advanceTimersByTimeAsync(1000);
  expect(refreshed().toSorted()).toEqual(streamed);
});

test("a change by somebody else refreshes accounts and applications within five seconds, once for many changes", async () => {
  const { newest, refreshed } = follow();
  newest().open();
  for (const name of ["Quay Books", "Ferry Lines"]) {
    const data = JSON.stringify({ ...exampleEvent, account_name: name });
    newest().dispatchEvent(new MessageEvent("event", { data }));
  }
  await vi.advanceTimersByTimeAsync(5000);
  expect(refreshed().filter((key) => key === "accounts" || key === "applications")).toEqual([
    "accounts",
    "applications",
  ]);
});

test("after a reconnect by the browser, only queries that the server does not replay are refreshed", async () => {
  const { newest, refreshed } = follow();
  newest().open();
  newest().break();
  newest().open();
  await vi.advanceTimersByTimeAsync(1000);
  expect(Stream.opened).toHaveLength(1);
  expect(refreshed().toSorted()).toEqual(["endpoints", "failures"]);
});

test("a connection without messages is reopened within six minutes", async () => {
  const { newest } = follow();
  newest().open();
  await vi.advanceTimersByTimeAsync(6 * 60_000);
  expect(Stream.opened).toHaveLength(2);
});

test("no stream is opened after the last follower has left", async () => {
  const { newest, stop } = follow();
  newest().refuse();
  stop();
  await vi.advanceTimersByTimeAsync(60 * 60_000);
  expect(Stream.opened).toHaveLength(1);
  expect(newest().readyState).toBe(Stream.CLOSED);
});

test("a hidden tab gives up its connection, and refreshes all lists when it is shown again", async () => {
  const { newest, refreshed, states } = follow();
  newest().open();
  tab.setHidden(true);
  await vi.advanceTimersByTimeAsync(1000);
  tab.setHidden(false);
  await vi.advanceTimersByTimeAsync(60_000);
  expect([Stream.opened.length, newest().readyState]).toEqual([1, 1]);

  tab.setHidden(true);
  await vi.advanceTimersByTimeAsync(3000);
  expect([newest().readyState, states.at(-1)]).toEqual([Stream.CLOSED, "connecting"]);
  await vi.advanceTimersByTimeAsync(60 * 60_000);
  expect([Stream.opened.length, refreshed()]).toEqual([1, []]);

  tab.setHidden(false);
  newest().open();
  await vi.advanceTimersByTimeAsync(1000);
  expect([Stream.opened.length, states.at(-1)]).toEqual([2, "live"]);
  expect(refreshed().toSorted()).toEqual(streamed);
});

test("a tab opened in the background connects once it is shown, and refreshes what it read before", async () => {
  tab.setHidden(true);
  const { newest, refreshed } = follow();
  await vi.advanceTimersByTimeAsync(60 * 60_000);
  expect(Stream.opened).toHaveLength(0);

  tab.setHidden(false);
  newest().open();
  await vi.advanceTimersByTimeAsync(1000);
  expect(refreshed().toSorted()).toEqual(streamed);
});

test("a frozen tab gives up its connection at once, until it is resumed", async () => {
  const { newest } = follow();
  tab.dispatchEvent(new Event("freeze"));
  expect(newest().readyState).toBe(Stream.CLOSED);

  tab.dispatchEvent(new Event("resume"));
  expect([Stream.opened.length, newest().readyState]).toEqual([2, 0]);
});

test("of seven shown windows, the four opened or used last have a stream, and the others refresh every five seconds", async () => {
  const windows = Array.from({ length: 7 }, () => {
    const target = new EventTarget();
    vi.stubGlobal("window", target);
    const followed = follow();
    return { ...followed, target, stream: followed.newest() };
  });
  const openStreams = () => Stream.opened.filter(({ readyState }) => readyState !== Stream.CLOSED);
  expect(openStreams()).toEqual(windows.slice(3).map(({ stream }) => stream));

  const [first, , , fourth] = windows;
  await vi.advanceTimersByTimeAsync(6000);
  expect(first?.states.at(-1)).toBe("refreshing");
  expect(first?.refreshed().toSorted()).toEqual([...streamed, ...streamed].toSorted());
  expect(fourth?.refreshed()).toEqual([]);

  first?.target.dispatchEvent(new Event("focus"));
  expect([openStreams().length, first?.newest().readyState, fourth?.states.at(-1)]).toEqual([4, 0, "refreshing"]);
});

test("a window without a stream takes the place of one that is closed", async () => {
  const windows = Array.from({ length: 5 }, follow);
  expect(windows[0]?.states.at(-1)).toBe("refreshing");
  windows[4]?.stop();
  await vi.advanceTimersByTimeAsync(5000);
  expect(Stream.opened).toHaveLength(6);
  windows[0]?.newest().open();
  expect(windows[0]?.states.at(-1)).toBe("live");
  for (const { states } of windows.slice(1, 4)) expect(states).not.toContain("refreshing");
});

test("an attempt refreshes the lists of deliveries and its own delivery only", () => {
  expect(staleKeys({ kind: "attempt", data: { delivery_id: "e.1", endpoint_id: 1, error: null } })).toEqual({
    now: [
      ["deliveries", "list"],
      ["deliveries", "one", "e.1"],
    ],
    soon: [],
    later: [["statistics", "live"]],
  });
});

test("an ended delivery refreshes the failures once their list can show it", () => {
  const { now, soon } = staleKeys({
    kind: "delivery",
    data: { ...exampleDelivery, id: "e.1", event_id: "e", state: "failed" },
  });
  expect(soon).toContainEqual(["failures"]);
  expect(now).not.toContainEqual(["failures"]);
});

test("a failed attempt refreshes its endpoint, which may be paused now", () => {
  const { soon } = staleKeys({
    kind: "attempt",
    data: { delivery_id: "e.1", endpoint_id: 1, error: "Answered 503" },
  });
  expect(soon).toEqual([["endpoints", 1]]);
});

test("a deleted endpoint leaves the lists, and its cancelled deliveries are refreshed", () => {
  const { now } = staleKeys({ kind: "endpoint_deleted" });
  expect(now).toEqual(expect.arrayContaining([["endpoints"], ["deliveries"]]));
});

test("a burst of messages about one list fetches it once", async () => {
  const invalidateQueries = vi.fn<() => Promise<void>>().mockResolvedValue();
  const gatherer = batchInvalidations({ invalidateQueries, isFetching: () => 0 }, 1);

  for (let message = 0; message < 50; message += 1) gatherer.add(["deliveries", "list"]);
  await waitFor(() => expect(invalidateQueries).toHaveBeenCalled());

  expect(invalidateQueries.mock.calls).toEqual([[{ queryKey: ["deliveries", "list"] }]]);
});

test("a request that hangs delays no other query", async () => {
  const hangs = new Promise<void>(() => undefined);
  const invalidateQueries = vi.fn<() => Promise<void>>().mockReturnValueOnce(hangs).mockResolvedValue();
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const gatherer = batchInvalidations({ invalidateQueries, isFetching: () => 0 }, 1);

  gatherer.add(["endpoints"]);
  await vi.advanceTimersByTimeAsync(10);
  gatherer.add(["deliveries", "list"]);
  await vi.advanceTimersByTimeAsync(10);
  expect(invalidateQueries).toHaveBeenLastCalledWith({ queryKey: ["deliveries", "list"] });
});

test("a steady flow of messages fetches a list once a second", async () => {
  const invalidateQueries = vi.fn<() => Promise<void>>().mockResolvedValue();
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const gatherer = batchInvalidations({ invalidateQueries, isFetching: () => 0 }, 200, 1000);

  for (let passedMs = 0; passedMs < 5000; passedMs += 50) {
    gatherer.add(["deliveries", "list"]);
    await vi.advanceTimersByTimeAsync(50);
  }
  expect(invalidateQueries).toHaveBeenCalledTimes(5);
});

test('a running fetch, such as "Load more", is not cancelled but invalidated afterwards', async () => {
  const invalidateQueries = vi.fn<() => Promise<void>>().mockResolvedValue();
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  let fetching = 1;
  const gatherer = batchInvalidations({ invalidateQueries, isFetching: () => fetching }, 1);

  gatherer.add(["deliveries", "list"]);
  await vi.advanceTimersByTimeAsync(10);
  expect(invalidateQueries).not.toHaveBeenCalled();

  fetching = 0;
  await vi.advanceTimersByTimeAsync(10);
  expect(invalidateQueries).toHaveBeenCalledOnce();
});

test("stopping discards pending invalidations", async () => {
  const invalidateQueries = vi.fn<() => Promise<void>>().mockResolvedValue();
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  let fetching = 0;
  const gatherer = batchInvalidations({ invalidateQueries, isFetching: () => fetching }, 1);

  gatherer.add(["deliveries", "list"]);
  await vi.advanceTimersByTimeAsync(10);
  fetching = 1;
  gatherer.add(["deliveries", "list"]);
  await vi.advanceTimersByTimeAsync(10);
  gatherer.stop();
  fetching = 0;
  await vi.advanceTimersByTimeAsync(10);
  expect(invalidateQueries).toHaveBeenCalledOnce();
});

test("statistics are refreshed once, five seconds after the first of many attempts, and not without attempts", async () => {
  const { newest, refreshed } = follow();
  newest().open();
  newest().dispatchEvent(new MessageEvent("event", { data: "{}" }));
  await vi.advanceTimersByTimeAsync(10_000);
  expect(refreshed()).not.toContain("statistics,live");
  const attempt = JSON.stringify({ delivery_id: "d", endpoint_id: 1, error: null });
  for (let sent = 0; sent < 100; sent += 1) {
    newest().dispatchEvent(new MessageEvent("attempt", { data: attempt }));
    await vi.advanceTimersByTimeAsync(49);
  }
  expect(refreshed()).not.toContain("statistics,live");
  await vi.advanceTimersByTimeAsync(200);
  expect(refreshed().filter((key) => key === "statistics,live")).toHaveLength(1);
});
