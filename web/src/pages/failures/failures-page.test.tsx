import type { InfiniteData } from "@tanstack/react-query";
import { flushSync } from "react-dom";
import { expect, onTestFinished, test, vi } from "vitest";
import type { Failure, FailureGroup } from "../../api/deliveries.ts";
import type { Job } from "../../api/jobs.ts";
import { click, doubleClick, fill } from "../../testing/show-in-portal.tsx";
import { type Server, says, showPage, shown } from "../../testing/show-page.tsx";
import { waitFor } from "../../testing/wait-for.ts";

const failure = (number: number): Failure => ({
  id: `0192f0c1-0000-7000-8000-${String(number).padStart(12, "0")}`,
  delivery_id: `0192f0c1-0000-7000-8000-${String(number).padStart(12, "0")}.1`,
  endpoint_id: 1,
  endpoint_name: "crm",
  event_type: "account.created",
  account_id: 7,
  account_name: `Account ${number}`,
  attempts_made: 3,
  failed_at: "2026-03-01T09:00:05.200Z",
  error: "Answered 500",
  url_masked: "https://crm.example/in",
});

const menuOf = (number: number): string =>
  `Actions for account.created of Account ${number} to crm, 1 Mar 2026, 09:00:05 UTC`;

const many = Array.from({ length: 120 }, (_, number) => failure(number));

const group: FailureGroup = {
  id: "5f0c1d7a9be24c3388d1a6e0",
  endpoint_id: 1,
  endpoint_name: "crm",
  endpoint_deleted: false,
  error_class: "5xx",
  status: 500,
  message: "Answered <n>",
  count: 31,
  first_failed_at: "2026-03-01T08:00:00.000Z",
  last_failed_at: "2026-03-01T09:00:05.200Z",
  newest: { delivery_id: failure(1).delivery_id, error: "Answered 500" },
  mute: null,
};

const job: Job = {
  id: 97,
  kind: "retry",
  of: "failures",
  selection: {},
  endpoint_id: null,
  format: null,
  state: "running",
  total: 31,
  done: 10,
  skipped: 0,
  failed: 0,
  error: null,
  bytes: 0,
  actor_kind: "admin",
  actor_name: "mia",
  created_at: "2026-03-01T09:00:00.000Z",
  finished_at: null,
  result_until: null,
  undo_until: null,
  undone_at: null,
};

const isDryRun = (body: unknown): boolean => body !== null && typeof body === "object" && "dry_run" in body;

const server: Server = {
  "GET /api/v1/failures": () => [200, { data: many.slice(0, 2), next: null }],
  "GET /api/v1/failures/groups": () => [200, { data: [group] }],
  "GET /api/v1/failures/count": () => [200, { count: 2, muted: 0 }],
  "GET /api/v1/endpoints": () => [200, { data: [{ id: 1, name: "crm" }], next: null }],
  "GET /api/v1/event_types": () => [200, { data: [{ type: "account.created", label: "Account created" }] }],
  "GET /api/v1/jobs": () => [200, { data: [], next: null }],
  "POST /api/v1/jobs": ({ body }) => (isDryRun(body) ? [200, { dry_run: true, total: 31 }] : [201, job]),
  "POST /api/v1/failures/retry": () => [200, { retried: 1 }],
  "DELETE /api/v1/failures": () => [200, { deleted: 2, deletion_id: 7, undo_until: "2999-01-01T00:00:00Z" }],
  "POST /api/v1/failures/deletions/7/undo": () => [200, { restored: 2 }],
};

/** Returns the bodies of the requests that started jobs. */
const startedJobs = (page: ReturnType<typeof showPage>): readonly unknown[] =>
  page.askedFor("POST /api/v1/jobs").flatMap(({ body }) => (isDryRun(body) ? [] : [body]));

test("all failures of a cause are retried after the dialog has named their number", async () => {
  const page = showPage("/failures", server);
  await says("Answered 500");
  await click("Retry 31 failures…");
  await says("This applies to 31 failures. Later ones stay.");
  expect(startedJobs(page)).toEqual([]);
  await click("Retry 31 failures");
  await waitFor(() =>
    expect(startedJobs(page)).toEqual([
      { kind: "retry", of: "failures", filter: { group: group.id, until: group.last_failed_at } },
    ]),
  );
});

test.for([
  ["", "Searched back to 1 Mar 2026", "Search further back"],
  ["&order=oldest", "Searched up to 1 Mar 2026", "Search further"],
])("an unfinished search of failures%s shows its progress and can be continued", async ([order, progress, button]) => {
  const unfinished = { data: [], next: "further", searched_until: "2026-03-01T09:00:00.000Z" };
  showPage(`/failures?view=list&q=harbour${order}`, {
    ...server,
    "GET /api/v1/failures": ({ query }) =>
      query.get("after") === "further"
        ? [200, { data: many.slice(0, 2), next: null, searched_until: null }]
        : [200, unfinished],
    "GET /api/v1/failures/count": () => [200, { count: 2, muted: 0, has_more: true }],
  });
  await says("No matches so far");
  await says("More than 2 failures");
  await says(progress ?? "");
  await click(button ?? "");
  await waitFor(() => expect(shown()).not.toContain("Searched"));
  expect(shown()).not.toContain("No matches");
});

test("a job whose process ended before it had stored the rows says that it has not started, and why", async () => {
  const ended: Job = { ...job, state: "cancelled", total: 0, done: 0, error: "Its process ended. Start it again" };
  const page = showPage("/jobs", { ...server, "GET /api/v1/jobs": () => [200, { data: [ended], next: null }] });
  await says("Not started: Retry failures");
  await says("Its process ended. Start it again.");
  expect(page.askedFor("GET /api/v1/jobs")).not.toEqual([]);
});

test("an empty list of jobs leads to the lists whose rows jobs work on", async () => {
  showPage("/jobs", { ...server, "GET /api/v1/jobs": () => [200, { data: [], next: null }] });
  await says("No jobs yet");
  const links = [...document.querySelectorAll("main .pf-v6-c-empty-state a")].map((link) => link.getAttribute("href"));
  expect(links).toEqual(["/deliveries", "/failures"]);
});

test("the list of jobs shows those that others start", async () => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  onTestFinished(() => void vi.useRealTimers());
  const jobs: Job[] = [];
  showPage("/jobs", { ...server, "GET /api/v1/jobs": () => [200, { data: jobs, next: null }] });
  await says("No jobs yet");
  jobs.push({ ...job, state: "done" });
  vi.advanceTimersByTime(30_000);
  await waitFor(() => expect(shown()).toContain("10 failures retried"));
});

test("the deletion of an ended job says its result", async () => {
  const ended: Job = { ...job, state: "done" };
  const page = showPage("/jobs", {
    ...server,
    "GET /api/v1/jobs": () => [200, { data: [ended], next: null }],
    "DELETE /api/v1/jobs/97": () => [204, null],
  });
  await says("10 failures retried");
  await click("Actions for 10 failures retried");
  await click("Delete");
  await says("The job was deleted");
  expect(page.askedFor("DELETE /api/v1/jobs/97")).toHaveLength(1);
});

test("a closed message returns the focus to the element that had it before", async () => {
  const ended: Job = { ...job, state: "done" };
  showPage("/jobs", {
    ...server,
    "GET /api/v1/jobs": () => [200, { data: [ended], next: null }],
    "DELETE /api/v1/jobs/97": () => [204, null],
  });
  await says("10 failures retried");
  await click("Actions for 10 failures retried");
  await click("Delete");
  await says("The job was deleted");
  const menu = document.querySelector<HTMLElement>('[aria-label="Actions for 10 failures retried"]');
  const close = document.querySelector<HTMLElement>('[aria-label="Close: The job was deleted"]');
  menu?.focus();
  close?.focus();
  close?.click();
  await waitFor(() => expect(document.activeElement).toBe(menu));
});

test("an export is downloaded once its job was read, and otherwise the page says why it is not", async () => {
  const ended: Job = { ...job, kind: "export", format: "csv", state: "done", result_until: "2999-01-01T00:00:00Z" };
  let answer: readonly [number, unknown] = [401, { title: "Your session has ended. Sign in again to continue." }];
  showPage("/jobs", {
    ...server,
    "GET /api/v1/jobs": () => [200, { data: [ended], next: null }],
    "GET /api/v1/jobs/97": () => answer,
  });
  const followed: string[] = [];
  const follow = (event: Event): void => {
    const { defaultPrevented, target } = event;
    if (!defaultPrevented && target instanceof HTMLAnchorElement) followed.push(target.pathname + target.search);
    event.preventDefault();
  };
  document.addEventListener("click", follow);
  onTestFinished(() => document.removeEventListener("click", follow));
  await says("Download CSV");
  const link = document.querySelector<HTMLElement>("a[download]");
  link?.click();
  await says("The file could not be downloaded");
  await says("Your session has ended. Sign in again to continue.");
  expect(followed).toEqual([]);

  answer = [200, ended];
  link?.click();
  await waitFor(() => expect(followed).toEqual(["/api/v1/jobs/97/result?byte_order_mark=true"]));
});

test("a muted cause is collapsed, and can be unmuted", async () => {
  const muted = { ...group, mute: { until: null } };
  const page = showPage("/failures", {
    ...server,
    "GET /api/v1/failures/groups": () => [200, { data: [muted] }],
    [`DELETE /api/v1/failures/groups/${group.id}/mute`]: () => [204, null],
  });
  await says("All causes are muted.");
  await click("Muted causes (1)");
  await click("More");
  await click("Unmute");
  await waitFor(() => expect(page.askedFor(`DELETE /api/v1/failures/groups/${group.id}/mute`)).toHaveLength(1));
});

test("a saved view opens the filtered list of failures, even from the list of causes", async () => {
  const view = { id: 3, list: "failures", name: "Night failures", filter: { since: "-1d", status: "5xx" } };
  const page = showPage("/failures", { ...server, "GET /api/v1/views": () => [200, { data: [view] }] });
  await says("Answered 500");
  await click("Views");
  await click("Night failures");
  await waitFor(() => expect(page.address()).toBe("/failures?view=list&since=-1d&status=5xx"));
  await says("View: Night failures");
});

test("selected failures are retried, and no others", async () => {
  const page = showPage("/failures?view=list", server);
  await says("Account 1");
  flushSync(() => document.querySelector<HTMLElement>("thead input")?.click());
  await says("Select all 31 that match");
  await click("Retry 2 failures");
  await says("Retry 31 failures?"); // the number is the server's count
  await click("Retry 31 failures");
  const ids = many.slice(0, 2).map(({ delivery_id }) => delivery_id);
  await waitFor(() => expect(startedJobs(page)).toEqual([{ kind: "retry", of: "failures", ids }]));
});

test("a selected failure stays on the list and selected while many new ones come", async () => {
  let rows = many.slice(60, 110);
  const page = showPage("/failures?view=list", {
    ...server,
    "GET /api/v1/failures": ({ query }) => {
      const until = query.get("until") ?? "9";
      return [200, { data: rows.filter(({ failed_at }) => failed_at <= until).slice(0, 50), next: null }];
    },
  });
  await says("Account 109");
  flushSync(() => document.querySelector<HTMLElement>("tbody tr:last-child input")?.click());
  await says("1 selected");
  await says("New failures are added to the list once none is selected.");
  const left = many[60]?.account_name ?? "";
  rows = [...many.slice(0, 60).map((row) => ({ ...row, failed_at: "2026-03-01T09:00:06.100Z" })), ...rows.slice(1)];
  await page.queries.invalidateQueries({ queryKey: ["failures"] });
  await waitFor(() => expect(shown()).not.toContain(left));
  expect(document.querySelectorAll("tbody input:checked")).toHaveLength(1);
  await click("Retry 1 failure");
  await click("Retry 31 failures");
  const ids = [many[109]?.delivery_id];
  await waitFor(() => expect(startedJobs(page)).toEqual([{ kind: "retry", of: "failures", ids }]));
  await says("Account 0");
});

test('"select all" applies to all failures that match the filter and are not newer than the list', async () => {
  const newest = { ...failure(1), failed_at: "2999-01-01T00:00:00.000Z" }; // by the database's clock
  const page = showPage("/failures?view=list&endpoint_id=1", {
    ...server,
    "GET /api/v1/failures": () => [200, { data: [newest], next: null }],
  });
  await says("Account 1");
  flushSync(() => document.querySelector<HTMLElement>("thead input")?.click());
  await click("Select all 31 that match");
  await says("All 31 failures that match");
  await click("Retry all 31 failures…");
  await says("Retry 31 failures?");
  await click("Retry 31 failures");
  await waitFor(() =>
    expect(startedJobs(page)).toEqual([
      { kind: "retry", of: "failures", filter: { endpoint_id: [1], until: newest.failed_at } },
    ]),
  );
});

test("the list and a job for all its failures use the filters in the address", async () => {
  const page = showPage("/failures?view=list&endpoint_id=1,2&status=5xx&since=-1d&payload=x", server);
  await says("Account 1");
  await says("2 failures");
  expect(page.address()).toBe("/failures?view=list&since=-1d&endpoint_id=1,2&status=5xx");
  const { query } = page.askedFor("GET /api/v1/failures")[0] ?? { query: new URLSearchParams() };
  expect([query.getAll("endpoint_id"), query.get("status"), query.get("since")]).toEqual([["1", "2"], "5xx", "-1d"]);
  expect(shown()).not.toContain("Delete older failures"); // the button would also delete failures outside the filter
  await click("Retry all failures…");
  await click("Retry 31 failures");
  const filter = { endpoint_id: [1, 2], status: ["5xx"], since: "-1d", until: expect.any(String) };
  await waitFor(() => expect(startedJobs(page)).toEqual([{ kind: "retry", of: "failures", filter }]));
});

test("the progress of a running job is shown with a button that stops it", async () => {
  const page = showPage("/failures", {
    ...server,
    "GET /api/v1/jobs": () => [200, { data: [job], next: null }],
    "POST /api/v1/jobs/97/cancel": () => [200, { ...job, state: "cancelled" }],
  });
  await says("Retrying 31 failures");
  expect(document.querySelector("[role=progressbar][aria-valuenow]")?.getAttribute("aria-valuenow")).toBe("32");
  await click("Stop");
  await waitFor(() => expect(page.askedFor("POST /api/v1/jobs/97/cancel")).toHaveLength(1));
});

test("a job of a colleague is shown with the name of who started it", async () => {
  const jobs = [job, { ...job, id: 98, kind: "cancel", actor_name: "ada" }];
  showPage("/failures", { ...server, "GET /api/v1/jobs": () => [200, { data: jobs, next: null }] });
  await says("Cancelling 31 failures by ada");
  expect(shown()).not.toContain("by mia"); // the user of the page
  const stops = [...document.querySelectorAll("[aria-label^=Stop]")].map((button) => button.getAttribute("aria-label"));
  expect(stops).toEqual(["Stop: Retrying 31 failures", "Stop: Cancelling 31 failures"]);
});

test("an export of other rows is not reported above the failures", async () => {
  const finished_at = new Date().toISOString();
  const done = { ...job, kind: "export", state: "done", format: "csv", finished_at } as const;
  const jobs = [
    { ...done, id: 1, of: "events" },
    { ...done, id: 2, of: "failures" },
  ];
  showPage("/failures", { ...server, "GET /api/v1/jobs": () => [200, { data: jobs, next: null }] });
  await says("failures exported");
  expect(shown()).not.toContain("events exported");
});

test.for([
  ["a deletion", "failures deleted", 200],
  ["a deletion of which a part failed", "Only 2 failures deleted", 500],
] as const)("%s is reported with a button that undoes it once", async ([, report, status]) => {
  let parts = 0;
  const page = showPage("/failures?view=list", {
    ...server,
    "DELETE /api/v1/failures": () => {
      parts += 1;
      return [parts === 1 ? 200 : status, { deleted: 2, deletion_id: parts, undo_until: "2999-01-01T00:00:00Z" }];
    },
    "POST /api/v1/failures/deletions/1/undo": () => [200, { restored: 2 }],
    "POST /api/v1/failures/deletions/2/undo": () => [200, { restored: 2 }],
  });
  await says("Account 1");
  await click(menuOf(1));
  await click("Delete this and all older failures");
  await click("Delete");
  await says(report);
  await doubleClick("Undo");
  await says(status === 200 ? "4 failures are on the list again" : "2 failures are on the list again");
  expect(page.askedFor("POST /api/v1/failures/deletions/1/undo")).toHaveLength(1);
});

test("the time of a deletion is shown with its zone and sent exactly", async () => {
  const page = showPage("/failures?view=list", server, { timeZone: "Asia/Tokyo" });
  await says("Account 1");
  await click("Delete older failures…");
  await fill("failed_until", "2026-03-01T09:00:05");
  await says("In the time zone of these pages, Asia/Tokyo");
  await says("failures up to 1 Mar 2026, 09:00:05");
  await click("Delete");
  await waitFor(() => expect(page.askedFor("DELETE /api/v1/failures")).toHaveLength(1));
  expect(page.askedFor("DELETE /api/v1/failures")[0]?.query.get("until")).toBe("2026-03-01T00:00:05.000Z");
});

test("a future time deletes no failure that was not shown", async () => {
  const page = showPage("/failures?view=list", server);
  await says("Account 1");
  await click("Delete older failures…");
  const openedAtMs = Date.now();
  await fill("failed_until", "2999-01-01T00:00:00");
  await says("and new ones stay");
  await click("Delete");
  await waitFor(() => expect(page.askedFor("DELETE /api/v1/failures")).toHaveLength(1));
  const until = page.askedFor("DELETE /api/v1/failures")[0]?.query.get("until") ?? "";
  expect(Date.parse(until)).toBeLessThan(openedAtMs);
});

test("the address determines whether failures are sorted newest or oldest first", async () => {
  const page = showPage("/failures?view=list&order=oldest&endpoint_id=1", server);
  await says("Account 1");
  expect(document.querySelector("main a[href*='/endpoints/1']")?.textContent).toBe("crm");
  const [{ query } = { query: new URLSearchParams() }] = page.askedFor("GET /api/v1/failures");
  expect([query.get("order"), query.get("endpoint_id")]).toEqual(["oldest", "1"]);
  showPage("/failures?view=list&order=upwards&endpoint_id=x", server);
  await says("Account 1");
  expect(document.querySelector<HTMLSelectElement>("select[aria-label=Order]")?.value).toBe("newest");
});

test("a failure of a deleted endpoint is marked, and cannot be retried", async () => {
  showPage("/failures?view=list", { ...server, "GET /api/v1/endpoints": () => [200, { data: [], next: null }] });
  await says("crm (deleted)");
  expect(document.querySelector("main a[href*='/endpoints/']")).toBeNull();
  await click(menuOf(0));
  await says("Delete this and all older failures");
  expect([...document.querySelectorAll("[role=menuitem]")].map((element) => element.textContent)).not.toContain(
    "Retry",
  );
});

test("names are isolated, so a right-to-left name does not reorder the text beside the name", async () => {
  const rightToLeft = {
    ...many[0],
    account_name: "\u05e9\u05dc\u05d5\u05dd 42",
    endpoint_name: "\u05de\u05e2\u05e8\u05db\u05ea",
  };
  showPage("/failures?view=list", {
    ...server,
    "GET /api/v1/failures": () => [200, { data: [rightToLeft], next: null }],
    "GET /api/v1/endpoints": () => [200, { data: [], next: null }],
  });
  await says(`${rightToLeft.endpoint_name} (deleted)`);
  const isolated = [...document.querySelectorAll("td bdi")].map((element) => element.textContent);
  expect(isolated).toEqual([rightToLeft.account_name, rightToLeft.endpoint_name]);
});

test("a failure to load the next page is shown", async () => {
  showPage("/failures?view=list", {
    ...server,
    "GET /api/v1/failures": ({ query }) =>
      query.has("after") ? [503, { title: "Away." }] : [200, { data: many.slice(0, 2), next: "more" }],
  });
  await says("Load more");
  await click("Load more");
  await waitFor(() => expect(shown()).toContain("The next page could not be loaded"));
});

test("a new failure leaves the other rows of a list of several pages as they are", async () => {
  let rows = many.slice(1, 101);
  const { queries } = showPage("/failures?view=list", {
    ...server,
    "GET /api/v1/failures": ({ query }) =>
      query.has("after")
        ? [200, { data: rows.slice(50), next: null }]
        : [200, { data: rows.slice(0, 50), next: "more" }],
  });
  await says("Load more");
  await click("Load more");
  await says("Account 100");
  const kept = (): readonly Failure[] =>
    queries
      .getQueriesData<InfiniteData<{ data: Failure[] }>>({ queryKey: ["failures", "list"] })
      .flatMap(([, found]) => found?.pages.flatMap(({ data }) => data) ?? []);
  const before = new Set(kept());
  const renamed: MutationRecord[] = [];
  const observer = new MutationObserver((records) => renamed.push(...records));
  observer.observe(document.body, { subtree: true, attributeFilter: ["aria-label"] });

  rows = many.slice(0, 101);
  await queries.invalidateQueries({ queryKey: ["failures"] });
  await says("Account 0");

  expect(kept().filter((row) => !before.has(row))).toEqual([many[0]]); // rows of the same objects are not rendered again
  expect(renamed.filter(({ target }) => target.parentElement?.closest("tr"))).toEqual([]);
});

test("closing a row's dialog returns the focus to its menu, or to the page if the row was deleted", async () => {
  let isThere = true;
  showPage("/failures?view=list", {
    ...server,
    "GET /api/v1/failures": () => [200, { data: isThere ? many.slice(0, 1) : [], next: null }],
    "DELETE /api/v1/failures": () => {
      isThere = false;
      return [200, { deleted: 1, deletion_id: 7, undo_until: "2999-01-01T00:00:00Z" }];
    },
  });
  const focused = (): string | null | undefined =>
    document.activeElement?.getAttribute("aria-label") ?? document.activeElement?.tagName;
  const menu = menuOf(0);
  const openDialog = async (): Promise<void> => {
    await click(menu);
    await click("Delete this and all older failures");
    await says("Delete this failure and all older ones?");
  };
  await says("Account 0");
  await openDialog();
  await click("Cancel");
  await waitFor(() => expect(focused()).toBe(menu));
  await openDialog();
  await click("Delete");
  await says("No failures");
  await waitFor(() => expect(focused()).toBe("MAIN"));
});

test("long words in names break in their cells and push no column off the screen", async () => {
  showPage("/failures?view=list", server);
  await says("Account 1");
  const breaking = [...document.querySelectorAll<HTMLElement>("tbody tr:first-child .pf-m-break-word")];
  expect(breaking.map(({ dataset }) => dataset["label"])).toEqual(["Account", "Error", "Endpoint"]);
});
