import { expect, test } from "vitest";
import {
  type Answer,
  click,
  fill,
  findButton,
  rejection,
  search,
  showInPortal,
  tick,
} from "../../testing/show-in-portal.tsx";
import { waitFor } from "../../testing/wait-for.ts";
import { readAccountSearch } from "../list-filters.ts";
import { AccountsPage } from "./accounts-page.tsx";

const account = (id: number, org_name: string) => ({
  account: { id, org_name, state: "approved", created_at: "2026-03-01T09:00:00Z", updated_at: "2026-03-01T09:00:00Z" },
});
const listed = "GET accounts?per_page=50";
const requested = "GET account_plan_requests?account_id=4&account_id=5&account_id=6";
const plan = (id: number, name: string) => ({ account_plan: { id, name, state: "published" } });

function show(outcomes: Answer, allowedActions = ["administer-portal"], at = "/accounts", mayReadPlans = true) {
  const answers: Record<string, Answer> = {
    [listed]: [200, { accounts: [account(4, "Quay Books"), account(5, "Harbour"), account(6, "Pier")] }],
    "GET account_plan_requests": [200, { data: [] }],
    [requested]: [200, { data: [] }],
    "GET account_plans": [200, { plans: [plan(1, "Basic"), plan(2, "Gold")] }],
    "POST accounts/bulk": outcomes,
  };
  const route = { path: "/accounts", read: readAccountSearch };
  return {
    answers,
    ...showInPortal(<AccountsPage />, {
      answers,
      route,
      at,
      session: { allowedActions: new Set(allowedActions), pages: new Map([["account-plans", mayReadPlans]]) },
    }),
  };
}

const page = () => document.body.textContent;
const dialog = () => document.querySelector("[role=dialog]")?.textContent;
const items = () => [...document.querySelectorAll("[role=menuitem]")].map((element) => element.textContent.trim());
const done = (...ids: number[]) => ids.map((id) => ({ id, done: true }));
const isTicked = (id: number) => document.querySelector<HTMLInputElement>(`#tick-${id}`)?.checked;

test("bulk operations need a selection", async () => {
  show([200, { data: [] }]);
  await waitFor(() => expect(page()).toContain("Quay Books"));
  const menu = [...document.querySelectorAll("button")].find((element) => element.textContent === "With selected");
  expect(menu?.disabled).toBe(true);
});

test.each([true, false])("account plans are requested only by users who may read them: %s", async (mayReadPlans) => {
  const { requests } = show([200, { data: [] }], [], "/accounts", mayReadPlans);
  await waitFor(() => expect(page()).toContain("Quay Books"));
  expect(requests().includes("GET account_plans")).toBe(mayReadPlans);
});

const request = (account_id: number) => ({
  account_id,
  org_name: `Org ${account_id}`,
  plan_id: 2,
  plan_name: "Gold",
  asked_by: "mira",
  created_at: "2026-03-01T09:00:00Z",
});

test("a row with an open plan request is marked, even if 200 older ones are listed", async () => {
  const { answers } = show([200, { data: [] }]);
  answers["GET account_plan_requests"] = [
    200,
    { data: Array.from({ length: 200 }, (_, index) => request(index + 10)) },
  ];
  answers[requested] = [200, { data: [request(5)] }];
  const row = (name: string) => [...document.querySelectorAll("tr")].find((tr) => tr.textContent.includes(name));
  await waitFor(() => expect(row("Harbour")?.textContent).toContain("Requests Gold"));
  expect(row("Pier")?.textContent).not.toContain("Requests");
  expect(page()).not.toContain("Org 209");
  await click("Show 195 more");
  expect(page()).toContain("Org 209");
});

test("the Enter that accepts a word of an input method does not search yet", async () => {
  const accounts = show([200, { data: [] }]);
  await search("港", { isComposing: true });
  expect(accounts.search()).toEqual({});
  await search("港");
  await waitFor(() => expect(accounts.search()).toEqual({ query: "港" }));
});

test("a search keeps the focus and announces the number of matches", async () => {
  const { answers } = show([200, { data: [] }]);
  answers["GET accounts?query=quay&per_page=50"] = [200, { accounts: [account(4, "Found it")] }];
  await waitFor(() => expect(page()).toContain("Quay Books"));
  const input = document.querySelector<HTMLInputElement>(".bellwire-search input");
  input?.focus();
  await search("quay");
  await waitFor(() => expect(page()).toContain("Found it"));
  expect(document.activeElement).toBe(input);
  expect(document.querySelector("[role=status]")?.textContent).toBe("1 account");
});

test("the last page follows one behind it, as after the deletion of all its rows", async () => {
  const { answers, search: address } = show([200, {}], undefined, "/accounts?page=9");
  const metadata = { total_entries: 60 };
  answers["GET accounts?page=9&per_page=50"] = [200, { accounts: [], metadata }];
  answers["GET accounts?page=2&per_page=50"] = [200, { accounts: [account(7, "On the last page")], metadata }];
  await waitFor(() => expect(page()).toContain("On the last page"));
  expect(address()).toEqual({ page: 2 });
});

test("the keyboard goes from page to page without losing its place, also at the last one", async () => {
  const { answers } = show([200, {}]);
  const metadata = { total_entries: 130 };
  answers[listed] = [200, { accounts: [account(4, "Quay Books")], metadata }];
  answers["GET accounts?page=2&per_page=50"] = [200, { accounts: [account(5, "Harbour")], metadata }];
  answers["GET accounts?page=3&per_page=50"] = [200, { accounts: [account(6, "Pier")], metadata }];
  await waitFor(() => expect(page()).toContain("Quay Books"));
  // On a phone the buttons stick to the window's end, as far as the element around them and the table reaches.
  expect(document.querySelector(".pf-v6-c-pagination")?.parentElement?.querySelector("table")).not.toBeNull();
  document.querySelector<HTMLElement>("[data-action=next]")?.focus();
  const press = () => document.activeElement instanceof HTMLElement && document.activeElement.click();
  press();
  await waitFor(() => expect(page()).toContain("Harbour"));
  press();
  await waitFor(() => expect(page()).toContain("Pier"));
  expect(document.activeElement?.getAttribute("data-action")).toBe("previous");
  press();
  await waitFor(() => expect(page()).toContain("Harbour"));
  press();
  await waitFor(() => expect(page()).toContain("Quay Books"));
  expect(document.activeElement?.getAttribute("data-action")).toBe("next");
});

test("a bulk operation requires confirmation with the names, and reports the result", async () => {
  const { answers, changes } = show([200, { data: done(4, 6) }]);
  await tick("tick-4");
  await tick("tick-6");
  await click("With 2 selected");
  await click("Suspend");
  await waitFor(() => expect(dialog()).toContain("until you resume them"));
  expect(dialog()).toContain("Suspend: 2 accounts");
  expect(dialog()).toContain("Quay Books");
  expect(dialog()).not.toContain("Harbour");
  expect(changes()).toEqual([]);
  answers[listed] = [200, { accounts: [] }];
  await click("Suspend");
  await waitFor(() => expect(page()).toContain("2 accounts were suspended"));
  expect(changes()).toEqual([{ request: "POST accounts/bulk", body: { ids: [4, 6], operation: "suspend" } }]);
  await waitFor(() => expect(dialog()).toBeUndefined());
});

test("objects that could not be changed are named with their reasons and stay selected", async () => {
  const refused = { id: 5, done: false, code: "invalid", errors: { base: ["Not from here"] } };
  show([200, { data: [...done(4, 6), refused] }]);
  await tick("tick-all");
  await click("With 3 selected");
  await click("Approve");
  await click("Approve");
  await waitFor(() => expect(dialog()).toContain("2 accounts were approved"));
  expect(dialog()).toContain("HarbourNot from here.");
  expect(dialog()).not.toContain("Pier");
  await click("Close");
  await waitFor(() => expect([4, 5, 6].map(isTicked)).toEqual([false, true, false]));
});

test("a bulk plan change needs a plan", async () => {
  const { changes } = show([200, { data: done(4) }]);
  await tick("tick-4");
  await click("With 1 selected");
  await click("Change plan");
  await fill("plan_id", "2");
  await click("Change plan");
  await waitFor(() =>
    expect(changes()).toEqual([
      { request: "POST accounts/bulk", body: { ids: [4], operation: "change_plan", plan_id: 2 } },
    ]),
  );
});

test("one message is sent to all selected accounts, with the same key until each has it", async () => {
  const away = { id: 5, done: false, code: "database-away", title: "The database is away." };
  const { answers, changes } = show([
    422,
    { title: "Invalid", code: "invalid", errors: { "message.body": ["can't be blank"] } },
  ]);
  await tick("tick-4");
  await tick("tick-5");
  await click("With 2 selected");
  await click("Send message");
  await fill("subject", "Maintenance");
  await fill("body", " ");
  await click("Send message");
  await waitFor(() => expect(dialog()).toContain("can't be blank"));
  expect(dialog()).toContain("Send message: 2 accounts");
  await fill("body", "On Sunday.");
  answers["POST accounts/bulk"] = [200, { data: [...done(4), away] }];
  await click("Send message");
  await waitFor(() => expect(dialog()).toContain("1 account was sent the message"));
  answers["POST accounts/bulk"] = [200, { data: [{ id: 5, done: true, unchanged: true }] }];
  await click("Continue with 1 account");
  await waitFor(() => expect(page()).toContain("1 account was sent the message already."));
  const key = expect.stringMatching(/^[0-9a-f]{32}$/);
  const message = { subject: "Maintenance", body: "On Sunday.", key };
  const [, first, second, ...more] = changes();
  expect(first).toMatchObject({ body: { ids: [4, 5], operation: "send_message", message } });
  expect(second).toEqual({ ...first, body: { ...Object(first?.body), ids: [5] } });
  expect(more).toEqual([]);
});

test("a rejection of the whole operation is shown in the dialog", async () => {
  show([403, { title: "You may not do this.", code: "forbidden" }]);
  await tick("tick-4");
  await click("With 1 selected");
  await click("Delete");
  await click("Delete");
  await waitFor(() => expect(rejection()).toContain("You may not do this."));
});

test("members are offered only the permitted operations", async () => {
  show([200, { data: [] }], []);
  await tick("tick-4");
  await click("With 1 selected");
  await waitFor(() => expect(items()).toEqual(["Make pending", "Change plan", "Send message"]));
  await click("Make pending");
  await waitFor(() => expect(dialog()).toContain("cannot sign in until an admin approves them"));
});

const pendingMatches = "GET accounts/matching?state=pending";
const all = Array.from({ length: 130 }, (_, index) => index + 4);

/** Shows the first three of 130 pending accounts, all ticked. */
async function showPending(outcomes: Answer) {
  const accounts = show(outcomes, undefined, "/accounts?state=pending");
  const objects = [account(4, "Quay Books"), account(5, "Harbour"), account(6, "Pier")];
  const metadata = { total_entries: all.length };
  accounts.answers["GET accounts?state=pending&per_page=50"] = [200, { accounts: objects, metadata }];
  accounts.answers[pendingMatches] = [200, { data: all.map((id) => ({ id, name: `Org ${id}` })) }];
  await tick("tick-all");
  return accounts;
}

const sentIds = (changes: readonly { readonly body?: unknown }[]) =>
  changes.flatMap(({ body }) => (body instanceof Object && "ids" in body ? body.ids : []));

test("once a page is selected, an operation can reach all that match, in small requests with the filter", async () => {
  const { answers, changes } = await showPending([200, { data: done(...all) }]);
  await waitFor(() => expect(page()).toContain("The 3 accounts on this page are selected."));
  await click("Select all 130 accounts that match");
  await waitFor(() => expect(page()).toContain("All 130 accounts that match are selected."));
  expect([4, 5, 6].map(isTicked)).toEqual([true, true, true]);
  await click("With 130 selected");
  // The number and the names are those at the confirmation.
  answers[pendingMatches] = [200, { data: all.slice(1).map((id) => ({ id, name: `Org ${id}` })) }];
  await click("Approve");
  await waitFor(() => expect(dialog()).toContain("Approve: 129 accounts"));
  expect(dialog()).toContain("Org 14and 119 more");
  expect(changes()).toEqual([]);
  await click("Approve");
  await waitFor(() => expect(page()).toContain("129 accounts were approved"));
  expect(sentIds(changes())).toEqual(all.slice(1));
  const [first] = changes();
  expect(first).toMatchObject({ body: { operation: "approve", filter: { state: "pending" } } });
  expect(changes().length).toBe(6);
  expect(page()).not.toContain("are selected");
});

test("all stay selected on another page, until a row is deselected or the filter changes", async () => {
  const accounts = await showPending([200, {}]);
  const objects = [account(7, "Mole"), account(8, "Wharf")];
  const metadata = { total_entries: all.length };
  accounts.answers["GET accounts?state=pending&page=2&per_page=50"] = [200, { accounts: objects, metadata }];
  await click("Select all 130 accounts that match");
  accounts.open("/accounts?state=pending&page=2");
  await waitFor(() => expect([7, 8].map(isTicked)).toEqual([true, true]));
  await tick("tick-8");
  await waitFor(() => expect([7, 8].map(isTicked)).toEqual([true, false]));
  expect(page()).toContain("With 1 selected");
  await tick("tick-8");
  await click("Select all 130 accounts that match");
  accounts.open("/accounts");
  await waitFor(() => expect([4, 5, 6].map(isTicked)).toEqual([false, false, false]));
  expect(page()).toContain("With selected");
});

test("the button that selected all keeps the focus and clears the selection", async () => {
  await showPending([200, {}]);
  await waitFor(() => findButton("Select all 130 accounts that match").focus());
  await click("Select all 130 accounts that match");
  await waitFor(() => expect(document.activeElement?.textContent).toBe("Clear selection"));
  await click("Clear selection");
  await waitFor(() => expect([4, 5, 6].map(isTicked)).toEqual([false, false, false]));
});

test("after a lost response the result says what is not known, can be shown again, and continues with the rest", async () => {
  const { answers, changes } = await showPending("lost");
  await click("Select all 130 accounts that match");
  await click("With 130 selected");
  await click("Approve");
  await waitFor(() => expect(dialog()).toContain("Approve: 130 accounts"));
  await click("Approve");
  await waitFor(() => expect(dialog()).toContain("Stopped: The server did not respond."));
  expect(dialog()).toContain("No account was approved");
  expect(dialog()).toContain("The response about 25 accounts was lost");
  expect(dialog()).toContain("105 accounts were not tried.");
  await click("Close");
  await waitFor(() => expect(dialog()).toBeUndefined());
  const [gone = 0, ...others] = all;
  const changedBefore = others.slice(0, 24).map((id) => ({ id, done: false, code: "invalid", unchanged: true }));
  const left = { id: gone, done: false, code: "no-longer-matching", title: "It no longer matches." };
  answers["POST accounts/bulk"] = [200, { data: [left, ...changedBefore, ...done(...all.slice(25))] }];
  await click("Show the last result");
  await click("Continue with 130 accounts");
  await waitFor(() => expect(dialog()).toContain("105 accounts were approved"));
  expect(dialog()).toContain("24 accounts were approved already.");
  expect(dialog()).toContain("Org 4It no longer matches.");
  expect(dialog()).not.toContain("Retry");
  expect(sentIds(changes())).toEqual([...all.slice(0, 25), ...all]);
});

test("a running operation shows and announces its progress, and can be stopped but not closed", async () => {
  await showPending("slow");
  await click("Select all 130 accounts that match");
  await click("With 130 selected");
  await click("Suspend");
  await waitFor(() => expect(dialog()).toContain("Suspend: 130 accounts"));
  await click("Suspend");
  await waitFor(() => expect(document.querySelector("[role=progressbar]")).not.toBeNull());
  expect(document.querySelector("[role=dialog] [role=status]")?.textContent).toBe("0 of 130 accounts");
  const buttons = () => [...document.querySelectorAll("[role=dialog] button")].map((each) => each.textContent);
  expect(buttons()).toEqual(["Stop"]);
  await click("Stop");
  await waitFor(() => expect(document.querySelector("[role=dialog] [role=status]")?.textContent).toBe("Stopping"));
});

test("matches that could not be listed are asked for again, and nothing is sent", async () => {
  const { answers, changes } = await showPending([200, { data: done(...all) }]);
  answers[pendingMatches] = [500, { title: "An internal error occurred." }];
  await click("Select all 130 accounts that match");
  await click("With 130 selected");
  await click("Approve");
  await waitFor(() => expect(dialog()).toContain("An internal error occurred."));
  answers[pendingMatches] = [200, { data: [{ id: 4, name: "Quay Books" }] }];
  await click("Try again");
  await waitFor(() => expect(dialog()).toContain("Approve: 1 account"));
  expect(changes()).toEqual([]);
});
