import { QueryClient } from "@tanstack/react-query";
import { beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { LiveList } from "./live-list.ts";
import type { StreamMessage } from "./live-updates.tsx";
import { exampleDelivery } from "../testing/examples.ts";

interface Row {
  readonly id: number;
  readonly text: string;
}
interface Page {
  readonly data: readonly Row[];
  readonly next: string | null;
}

const order = {
  idOf: ({ id }: Row) => String(id),
  compare: (one: Row, other: Row) => other.id - one.id,
};

const rows = (from: number, to: number, text = "old"): Row[] =>
  Array.from({ length: from - to + 1 }, (_, index) => ({ id: from - index, text }));
const page = (data: readonly Row[], next: string | null = "more"): Page => ({ data, next });

beforeEach(() => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
});

/** A list of the pages. `report` delivers rows by the stream, and `shown` has the ids of each page. */
function listOf(pages: readonly Page[], { limit = 3 }: { limit?: number } = {}) {
  const client = new QueryClient();
  const queryKey = ["rows"];
  client.setQueryData(queryKey, { pages, pageParams: pages.map(() => undefined) });
  let server = page([]);
  const readFirstPage = vi.fn<() => Promise<Page>>(async () => server);
  let reported: { row: Row; isMatch: boolean | undefined } | undefined;
  const list = new LiveList<Row, Page>(client, {
    queryKey,
    order,
    limit,
    changeOf: () => reported,
    readFirstPage,
  });
  onTestFinished(list.stop);
  const message: StreamMessage = { kind: "delivery", data: exampleDelivery };
  const present = () => client.getQueryData<{ pages: Page[] }>(queryKey)?.pages ?? [];
  return {
    list,
    readFirstPage,
    serve: (fresh: Page) => (server = fresh),
    client,
    report: async (changed: readonly Row[], matches: boolean | "unknown" = true, waitMs = 1000) => {
      for (const row of changed) {
        reported = { row, isMatch: matches === "unknown" ? undefined : matches };
        list.onMessage(message);
      }
      await vi.advanceTimersByTimeAsync(waitMs);
    },
    shown: () => present().map(({ data }) => data.map(({ id }) => id)),
    texts: () => present().flatMap(({ data }) => data.map(({ text }) => text)),
    present,
  };
}

test("changed rows of every page are replaced without a request, and unchanged pages stay as they are", async () => {
  const live = listOf([page(rows(9, 7)), page(rows(6, 4)), page(rows(3, 1), null)]);
  const [, , last] = live.present();
  await live.report([
    { id: 8, text: "new" },
    { id: 5, text: "new" },
  ]);
  expect(live.texts()).toEqual(["old", "new", "old", "old", "new", "old", "old", "old", "old"]);
  expect(live.present()[2]).toBe(last);
  expect(live.readFirstPage).not.toHaveBeenCalled();
});

test("a row that no longer matches leaves its page", async () => {
  const live = listOf([page(rows(6, 4)), page(rows(3, 1), null)]);
  await live.report([{ id: 2, text: "new" }], false);
  expect(live.shown()).toEqual([
    [6, 5, 4],
    [3, 1],
  ]);
});

test("new rows are added at the top of a long list without a request", async () => {
  const live = listOf([page(rows(6, 4)), page(rows(3, 1), null)]);
  await live.report(rows(8, 7));
  expect(live.shown()).toEqual([
    [8, 7, 6, 5, 4],
    [3, 2, 1],
  ]);
  expect(live.readFirstPage).not.toHaveBeenCalled();
});

test("a late row is inserted at its position", async () => {
  const live = listOf([page([{ id: 9, text: "old" }, ...rows(7, 6)]), page(rows(3, 1), null)]);
  await live.report([{ id: 8, text: "new" }]);
  expect(live.shown()[0]).toEqual([9, 8, 7, 6]);
});

test("a row older than the first page is not inserted into it", async () => {
  const live = listOf([page(rows(9, 7))]);
  await live.report(rows(2, 1));
  expect(live.shown()).toEqual([[9, 8, 7]]);
});

test("while the list cannot be read, reported rows are not kept", async () => {
  const live = listOf([page(rows(3, 1), null)]);
  live.client.removeQueries({ queryKey: ["rows"] });
  await live.report(rows(9, 4));
  expect(vi.getTimerCount()).toBe(0); // it does not wait with them
  live.client.setQueryData(["rows"], { pages: [page(rows(3, 1), null)], pageParams: [undefined] });
  await live.report([]);
  expect(live.shown()).toEqual([[3, 2, 1]]);
});

test("a single page keeps its length, and is completed before the next page is read", async () => {
  const live = listOf([page(rows(3, 1), null)]);
  await live.report(rows(5, 4));
  expect(live.shown()).toEqual([[5, 4, 3]]);
  expect(live.list.state().hasCutRows).toBe(true);

  live.serve(page(rows(5, 3), "after 3"));
  await live.list.beforeNextPage();
  expect(live.present()).toEqual([page([...rows(5, 3)], "after 3")]);
  expect(live.list.state().hasCutRows).toBe(false);
});

test("a single page keeps its rows while some of them are selected, and its length again after that", async () => {
  const live = listOf([page(rows(3, 1), null)]);
  live.list.keepRows(true);
  await live.report(rows(5, 4));
  expect(live.shown()).toEqual([[5, 4, 3, 2, 1]]);
  live.serve(page(rows(6, 4)));
  await live.report([{ id: 6, text: "perhaps" }], "unknown", 2000);
  expect(live.shown()).toEqual([[6, 5, 4, 3, 2, 1]]);
  await live.report(rows(500, 7));
  expect(live.shown()).toEqual([[6, 5, 4, 3, 2, 1]]);
  expect(live.list.state()).toMatchObject({ newCount: 494, hasCutRows: false });

  live.serve(page(rows(500, 498)));
  live.list.keepRows(false);
  await live.report(rows(501, 501));
  expect(live.shown()).toEqual([[501, 500, 499]]);
  expect(live.list.state().newCount).toBe(0);
});

test("a paused list does not change and counts each new row once", async () => {
  const live = listOf([page(rows(6, 4))]);
  live.list.pause();
  await live.report([{ id: 5, text: "new" }, ...rows(8, 7), ...rows(8, 7)]);
  expect(live.shown()).toEqual([[6, 5, 4]]);
  expect(live.texts()).toEqual(["old", "old", "old"]);
  expect(live.list.state()).toMatchObject({ isPaused: true, newCount: 2 });
});

test("a resumed list shows the changes of all its rows, with one request", async () => {
  const live = listOf([page(rows(6, 4)), page(rows(3, 1), null)]);
  live.list.pause();
  await live.report([{ id: 2, text: "new" }, ...rows(8, 7)]);
  live.serve(page(rows(8, 6)));
  live.list.resume();
  await vi.advanceTimersByTimeAsync(1);
  expect(live.shown()).toEqual([
    [8, 7, 6, 5, 4],
    [3, 2, 1],
  ]);
  expect(live.texts()).toEqual(["old", "old", "old", "old", "old", "old", "new", "old"]);
  expect(live.readFirstPage).toHaveBeenCalledOnce();
  expect(live.list.state()).toEqual({ isPaused: false, newCount: 0, hasCutRows: false });
});

test("a row that is reported while a resumed list is read is shown", async () => {
  const live = listOf([page(rows(6, 4))]);
  live.list.pause();
  await live.report(rows(7, 7));
  const reading = Promise.withResolvers<Page>();
  live.readFirstPage.mockReturnValueOnce(reading.promise);
  live.list.resume();
  await live.report(rows(8, 8), true, 5000);
  reading.resolve(page(rows(7, 5)));
  await vi.advanceTimersByTimeAsync(1000);
  expect(live.shown()).toEqual([[8, 7, 6]]);
});

test("a resumed list is replaced if rows are missing between the newest and its own", async () => {
  const live = listOf([page(rows(6, 4)), page(rows(3, 1), null)]);
  live.list.pause();
  live.serve(page(rows(99, 97)));
  live.list.resume();
  await vi.advanceTimersByTimeAsync(1);
  expect(live.shown()).toEqual([[99, 98, 97]]);
});

test("lost messages reload all pages, but not while the list is paused", async () => {
  const live = listOf([page(rows(6, 4)), page(rows(3, 1), null)]);
  const invalidate = vi.spyOn(live.client, "invalidateQueries").mockResolvedValue();
  live.list.pause();
  live.list.onMessage({ kind: "missed" });
  expect(invalidate).not.toHaveBeenCalled();
  live.list.resume();
  live.list.onMessage({ kind: "missed" });
  expect(invalidate).toHaveBeenCalledTimes(2);
});

test("with a filter that only the server can apply, only the first page is reloaded, at most every three seconds", async () => {
  const live = listOf([page(rows(6, 4)), page(rows(3, 1), null)]);
  live.serve(page(rows(7, 5)));
  for (let second = 0; second < 6; second += 1) {
    await live.report([{ id: 100 + second, text: "perhaps" }], "unknown");
  }
  expect(live.shown()).toEqual([
    [7, 6, 5, 4],
    [3, 2, 1],
  ]);
  expect(live.readFirstPage).toHaveBeenCalledTimes(2);
});

test("too many new rows for a long list are counted instead of inserted", async () => {
  const live = listOf([page(rows(6, 4)), page(rows(3, 1), null)]);
  await live.report(rows(500, 7));
  expect(live.shown()[0]).toEqual([6, 5, 4]);
  expect(live.list.state().newCount).toBe(494);
  await live.report(rows(501, 501)); // above a gap
  expect(live.shown()[0]).toEqual([6, 5, 4]);
  expect(live.list.state().newCount).toBe(495);
});

test("a steady flow of rows is applied once a second", async () => {
  const live = listOf([page(rows(50, 1))], { limit: 50 });
  const versions = new Set<unknown>();
  for (let row = 51; row <= 1050; row += 10) {
    await live.report(rows(row + 9, row), true, 50);
    versions.add(live.present()[0]);
  }
  expect(versions.size).toBeLessThanOrEqual(7);
  await vi.advanceTimersByTimeAsync(1000);
  expect(live.shown()[0]?.[0]).toBe(1050);
});

test("changes wait while the list is being read, since the response would overwrite them", async () => {
  const live = listOf([page(rows(6, 4))]);
  const { promise: response, resolve } = Promise.withResolvers<Page>();
  const reading = live.client.fetchInfiniteQuery({
    queryKey: ["rows"],
    queryFn: () => response,
    initialPageParam: undefined,
  });
  await live.report([{ id: 6, text: "new" }]);
  expect(live.texts()[0]).toBe("old");
  resolve(page(rows(6, 4)));
  await reading;
  await vi.advanceTimersByTimeAsync(1000);
  expect(live.texts()[0]).toBe("new");
});
