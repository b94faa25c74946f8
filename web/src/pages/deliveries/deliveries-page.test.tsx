import { flushSync } from "react-dom";
import { expect, test, vi } from "vitest";
import type { Delivery } from "../../api/deliveries.ts";
import { exampleDelivery } from "../../testing/examples.ts";
import { SelectableDeliveries } from "../../components/history-table.tsx";
import { click, fill, search, showInPortal } from "../../testing/show-in-portal.tsx";
import { type Server, says, showPage, shown } from "../../testing/show-page.tsx";
import { waitFor } from "../../testing/wait-for.ts";

const list = "GET /api/v1/deliveries";
const deliveryPage = (data: readonly Delivery[], searched_until: string | null = null) =>
  [200, { data, next: searched_until === null ? null : "further", searched_until }] as const;

const server: Server = {
  [list]: () => deliveryPage([exampleDelivery]),
  "GET /api/v1/deliveries/count": () => [200, { count: 10_000, has_more: true }],
  "GET /api/v1/jobs": () => [200, { data: [], next: null }],
  "GET /api/v1/endpoints": () => [200, { data: [{ id: 7, name: "crm" }], next: null }],
  "GET /api/v1/event_types": () => [200, { data: [{ type: "account.created", label: "Account created" }] }],
};

async function open(address: string, session = {}) {
  const page = showPage(address, server, session);
  await says("Harbour & Sons");
  return { ...page, lastQuery: () => page.askedFor(list).at(-1)?.query };
}

const chips = (): readonly string[] =>
  [...document.querySelectorAll("main .pf-v6-c-label__text")].map((element) => element.textContent);

async function tickChoice(name: string): Promise<void> {
  await waitFor(() => {
    const label = [...document.querySelectorAll("label")].find((element) => element.textContent === name);
    if (!label?.control) throw new Error(`There is no choice ${name}.`);
    const { control } = label;
    flushSync(() => control.click());
  });
}

test("a filter in the address is shown by name and sent to the API, and its matches are counted", async () => {
  const page = await open("/deliveries?state=failed,pending&endpoint_id=7&event_type=account.created&since=-1d");
  await says("More than 10,000 deliveries");
  await waitFor(() => expect(chips()).toContain("Event: Account created"));
  expect(chips()).toEqual(expect.arrayContaining(["State: Failed, Pending", "Endpoint: crm"]));
  expect(shown()).toContain("Last 24 hours");
  expect(page.lastQuery()?.getAll("state")).toEqual(["pending", "failed"]);
  expect(page.lastQuery()?.get("since")).toBe("-1d");
});

test("a filter is added from the menu, applies at once, and is removed by its chip", async () => {
  const page = await open("/deliveries");
  await click("Add filter");
  await click("Endpoint");
  await tickChoice("crm");
  await waitFor(() => expect(page.address()).toBe("/deliveries?endpoint_id=7"));
  await waitFor(() => expect(page.lastQuery()?.getAll("endpoint_id")).toEqual(["7"]));
  await click("Remove the filter Endpoint: crm");
  await waitFor(() => expect(page.address()).toBe("/deliveries"));
});

test("screen readers are told the number of rows for each filter, and not each change of it", async () => {
  let count = 12_400;
  const page = showPage("/deliveries", {
    ...server,
    "GET /api/v1/deliveries/count": ({ query }) => [200, { count: query.has("state") ? 3 : count, has_more: false }],
  });
  const status = () =>
    [...document.querySelectorAll("[role=status]")].find((it) => it.textContent.endsWith(" deliveries"));
  await says("12,400 deliveries");
  expect(status()?.getAttribute("aria-live")).toBe("polite");
  count = 12_401;
  await page.queries.invalidateQueries({ queryKey: ["deliveries"] });
  await says("12,401 deliveries");
  expect(status()?.getAttribute("aria-live")).toBe("off");
  await click("Failed");
  await says("3 deliveries");
  expect(status()?.getAttribute("aria-live")).toBe("polite");
});

test("while the choices of a filter are loaded, they are not said to be none", async () => {
  const { promise, resolve: respond } = Promise.withResolvers<void>();
  showPage("/deliveries", {
    ...server,
    "GET /api/v1/endpoints": async () => {
      await promise;
      return [500, {}];
    },
  });
  await says("Harbour & Sons");
  await click("Add filter");
  await click("Endpoint");
  await says("Loading…");
  expect(shown()).not.toContain("Nothing matches");
  respond();
  await says("The choices could not be loaded");
});

test("a typed filter is checked before it applies", async () => {
  const page = await open("/deliveries");
  await click("Add filter");
  await click("Status code");
  const input = await waitFor(() => {
    const [field] = document.getElementsByName("status");
    if (!field) throw new Error("There is no field.");
    return field;
  });
  await fill(input.id, "fast");
  await click("Apply");
  await says("This is not a value of the filter");
  await fill(input.id, "5xx, fast");
  await click("Apply");
  expect(shown()).toContain("This is not a value of the filter");
  expect(page.address()).toBe("/deliveries");
  await fill(input.id, "5xx, 404");
  await click("Apply");
  await waitFor(() => expect(page.address()).toBe("/deliveries?status=5xx,404"));
});

test("a quick filter is toggled by one press and keeps the other filters", async () => {
  const page = await open("/deliveries?q=harbour");
  await click("Failed");
  await waitFor(() => expect(page.address()).toBe("/deliveries?q=harbour&state=failed"));
  await click("Pending");
  await waitFor(() => expect(page.lastQuery()?.getAll("state")).toEqual(["pending"]));
  expect(page.address()).toBe("/deliveries?q=harbour&state=pending");
  await click("Pending");
  await waitFor(() => expect(page.address()).toBe("/deliveries?q=harbour"));
});

test("the search and the filters are cleared together", async () => {
  const page = await open("/deliveries?state=failed");
  await search("Quay");
  await waitFor(() => expect(page.lastQuery()?.get("q")).toBe("Quay"));
  expect(page.address()).toBe("/deliveries?state=failed&q=Quay");
  await click("Clear filters");
  await waitFor(() => expect(page.address()).toBe("/deliveries"));
  await waitFor(() => expect(document.querySelector<HTMLInputElement>(".bellwire-search input")?.value).toBe(""));
});

test("yesterday is the day before today in the provider's time zone", async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: new Date("2026-03-02T16:00:00Z") });
  const page = await open("/deliveries", { timeZone: "Asia/Tokyo" });
  await click("Time: Any time");
  await click("Yesterday");
  await waitFor(() =>
    expect(page.address()).toBe("/deliveries?since=2026-03-01T15:00:00.000Z&until=2026-03-02T15:00:00.000Z"),
  );
});

test("a time that is entered only in part is not taken for no time", async () => {
  const page = await open("/deliveries?since=-1d");
  await click("Time: Last 24 hours");
  const input = await waitFor(() => {
    const [field] = document.getElementsByName("since");
    if (!(field instanceof HTMLInputElement)) throw new Error("There is no field.");
    return field;
  });
  await fill(input.id, "");
  input.setCustomValidity("The time is missing."); // as of a browser's own input
  await click("Apply");
  expect(page.address()).toBe("/deliveries?since=-1d");
  input.setCustomValidity("");
  await click("Apply");
  await waitFor(() => expect(page.address()).toBe("/deliveries"));
});

test("no number is shown where none was counted in time, since there may be rows all the same", async () => {
  const page = showPage("/deliveries", {
    ...server,
    "GET /api/v1/deliveries/count": () => [200, { count: 0, has_more: true }],
  });
  await says("Harbour & Sons");
  await waitFor(() => expect(page.queries.isFetching()).toBe(0));
  expect(shown()).not.toContain("More than 0");
});

test("an unfinished search shows its progress and can be continued", async () => {
  const searchedUntil = "2026-02-20T09:00:00.000Z";
  const page = showPage("/deliveries?q=harbour", {
    ...server,
    [list]: ({ query }) =>
      query.get("after") === "further" ? deliveryPage([exampleDelivery]) : deliveryPage([], searchedUntil),
  });
  await says("No matches so far");
  await says("Searched back to 20 Feb 2026");
  await click("Search further back");
  await says("Harbour & Sons");
  expect(page.askedFor(list)).toHaveLength(2);
});

test("one press continues an unfinished search until it has found something", async () => {
  const searchedUntil = "2026-02-20T09:00:00.000Z";
  let pages = 0;
  const page = showPage("/deliveries?q=harbour", {
    ...server,
    [list]: () => {
      pages += 1;
      return pages === 4 ? deliveryPage([exampleDelivery], searchedUntil) : deliveryPage([], searchedUntil);
    },
  });
  await click("Search further back");
  await says("Harbour & Sons");
  await says("Search further back");
  await waitFor(() => expect(page.queries.isFetching()).toBe(0));
  expect(page.askedFor(list)).toHaveLength(4); // the rest is for another press
});

test('"select all" passes every filter of the list to the job', async () => {
  const bodies: unknown[] = [];
  showPage("/deliveries?state=failed,pending&event_type=user.*&status=5xx&q=harbour&attempts_min=2&since=-1d", {
    ...server,
    "POST /api/v1/jobs": ({ body }) => {
      bodies.push(body);
      return [200, { dry_run: true, total: 31 }];
    },
  });
  await says("Harbour & Sons");
  flushSync(() => document.querySelector<HTMLElement>("thead input")?.click());
  await click("Select all 31 that match");
  await says("All 31 deliveries that match");
  expect(bodies.at(-1)).toMatchObject({
    of: "deliveries",
    filter: {
      state: ["pending", "failed"],
      event_type: ["user.*"],
      status: ["5xx"],
      q: "harbour",
      attempts_min: 2,
      since: "-1d",
    },
  });
});

test("resuming a paused list reads its first page once", async () => {
  const page = await open("/deliveries");
  const before = page.askedFor(list).length;
  await click("Pause");
  await says("Paused");
  await click("Resume");
  await waitFor(() => expect(page.askedFor(list)).toHaveLength(before + 1));
  expect(shown()).not.toContain("Paused");
});

test("the names of endpoints are links, except of deleted ones, which have no page", async () => {
  const billing = { ...exampleDelivery, id: "billing", endpoint_id: 8, endpoint_name: "billing" };
  const rows = [{ ...exampleDelivery, endpoint_id: 7 }, billing];
  showPage("/deliveries", { ...server, [list]: () => deliveryPage(rows) });
  await says("billing (deleted)");
  const links = [...document.querySelectorAll<HTMLAnchorElement>("main a[href*='/endpoints/']")];
  expect(links.map(({ textContent, pathname }) => [textContent, pathname])).toEqual([["crm", "/endpoints/7"]]);
});

test("a list stays paused, with its rows, after another page and after a gap in the stream", async () => {
  const page = await open("/deliveries");
  const before = page.askedFor(list).length;
  await click("Pause");
  await says("Paused");
  await page.queries.invalidateQueries({ queryKey: ["delivery pages"] });
  await page.router.navigate({ to: "/bins" });
  await says("Request bins");
  page.router.history.back();
  await says("Harbour & Sons");
  expect(shown()).toContain("Paused");
  expect(page.askedFor(list)).toHaveLength(before);
  await click("Resume");
  await waitFor(() => expect(page.askedFor(list)).toHaveLength(before + 1));
  expect(shown()).not.toContain("Paused");
});

test("new rows push no selected row off the list", async () => {
  const keepRows = vi.fn<(isKept: boolean) => void>();
  showInPortal(<SelectableDeliveries deliveries={[exampleDelivery]} filter={{}} keepRows={keepRows} />, {
    answers: {},
  });
  await waitFor(() => expect(keepRows.mock.calls).toEqual([[false]]));
  document.querySelector<HTMLInputElement>("tbody input[type=checkbox]")?.click();
  await waitFor(() => expect(keepRows).toHaveBeenLastCalledWith(true));
  await click("Clear selection");
  await waitFor(() => expect(keepRows).toHaveBeenLastCalledWith(false));
});
