import { expect, test } from "vitest";
import {
  type Answer,
  type Answers,
  choose,
  click,
  fill,
  search,
  showInPortal,
  tick,
} from "../../testing/show-in-portal.tsx";
import { waitFor } from "../../testing/wait-for.ts";
import { readApplicationSearch } from "../list-filters.ts";
import { ApplicationsPage } from "./applications-page.tsx";

const application = (id: number, name: string, state = "live", service_id = 7) => ({
  application: {
    id,
    name,
    state,
    account_id: 4,
    org_name: "Quay Books",
    service_id,
    plan_id: 1,
    plan_name: "Basic",
    created_at: "2026-03-01T09:00:00Z",
  },
});
const listOf = (...applications: object[]): Answer => [200, { applications }];
const answers: Answers = {
  "GET plan_requests": [200, { data: [] }],
  "GET plan_requests?application_id=8": [200, { data: [] }],
  "GET plan_requests?application_id=9": [200, { data: [] }],
  "GET plan_requests?application_id=8&application_id=9": [200, { data: [] }],
  "GET services": [200, { services: [{ service: { id: 7, name: "Ferries" } }] }],
  "GET services/7/application_plans": [200, { plans: [{ application_plan: { id: 1, name: "Basic" } }] }],
  "GET applications?per_page=50": listOf(application(8, "Ferry times"), application(9, "Tide clock")),
};

const show = (at: string, others: Answers = {}) =>
  showInPortal(<ApplicationsPage />, {
    answers: { ...answers, ...others },
    route: { path: "/applications", read: readApplicationSearch },
    at,
  });
const page = () => document.body.textContent;

test.each([
  ["name", "ferry", "name=ferry"],
  ["account_query", "quay", "account_query=quay"],
  ["user_key", "u-key", "user_key=u-key"],
])("a search by %s is in the address and in the request", async (by, text, expected) => {
  const shown = show("/applications", {
    [`GET applications?${expected}&per_page=50`]: listOf(application(8, "Found it")),
  });
  await choose("Search in", by);
  await search(text);
  await waitFor(() => expect(page()).toContain("Found it"));
  expect(shown.search()).toEqual({ by, query: text });
});

test("a search keeps the focus, and follows the address", async () => {
  const input = () => document.querySelector<HTMLInputElement>(".bellwire-search input");
  const shown = show("/applications", {
    "GET applications?name=ferry&per_page=50": listOf(application(8, "Found it")),
  });
  await waitFor(() => expect(page()).toContain("Tide clock"));
  input()?.focus();
  await search("ferry");
  await waitFor(() => expect(page()).toContain("Found it"));
  expect(document.activeElement).toBe(input());
  await click("Clear filters");
  await waitFor(() => expect(input()?.value).toBe(""));
  expect(shown.search()).toEqual({});
});

test("the filter in the address is applied and can be extended", async () => {
  const shown = show("/applications?state=live&service_id=7&colour=red", {
    "GET applications?service_id=7&state=live&per_page=50": listOf(application(8, "Ferry times")),
    "GET applications?service_id=7&plan_id=1&state=live&per_page=50": listOf(application(9, "Tide clock")),
  });
  await waitFor(() => expect(page()).toContain("Ferry times"));
  await choose("Plan", "1");
  await waitFor(() => expect(page()).toContain("Tide clock"));
  expect(shown.search()).toEqual({ service_id: 7, plan_id: 1, state: "live" });
});

test("a search by application id respects the other filters", async () => {
  const responses: Answers = { "GET applications/find?app_id=a1b2": [200, application(8, "Ferry times")] };
  show("/applications?by=app_id&query=a1b2", responses);
  await waitFor(() => expect(page()).toContain("Ferry times"));
  show("/applications?by=app_id&query=a1b2&state=suspended", responses);
  await waitFor(() => expect(page()).toContain("No application matches"));
});

test("an empty result is stated, with a button that shows all applications", async () => {
  const shown = show("/applications?by=app_id&query=nowhere");
  await waitFor(() => expect(page()).toContain("No application matches"));
  await click("Show all applications");
  await waitFor(() => expect(page()).toContain("Tide clock"));
  expect(shown.search()).toEqual({});
});

test("a row with an open plan request is marked, even if it is not among the first 200", async () => {
  const request = { application_id: 9, account_id: 4, org_name: "Quay Books", plan_id: 2, plan_name: "Gold" };
  show("/applications", { "GET plan_requests?application_id=8&application_id=9": [200, { data: [request] }] });
  const row = (name: string) => [...document.querySelectorAll("tr")].find((tr) => tr.textContent.includes(name));
  await waitFor(() => expect(row("Tide clock")?.textContent).toContain("Requests Gold"));
  expect(row("Ferry times")?.textContent).not.toContain("Requests");
});

const items = () => [...document.querySelectorAll("[role=menuitem]")].map((element) => element.textContent.trim());

test("a bulk plan change needs applications of one product", async () => {
  const { changes } = show("/applications", {
    "GET applications?per_page=50": listOf(application(8, "Ferry times"), application(9, "Tide clock", "live", 8)),
    "POST applications/bulk": [200, { data: [{ id: 8, done: true }] }],
  });
  await tick("tick-8");
  await tick("tick-9");
  await click("With 2 selected");
  await waitFor(() => expect(items()).toEqual(["Accept", "Suspend", "Resume", "Send message", "Reject", "Delete"]));
  await tick("tick-9");
  await click("With 1 selected");
  await waitFor(() => expect(items()).toContain("Change plan"));
  await click("Suspend");
  await click("Suspend");
  await waitFor(() => expect(page()).toContain("1 application was suspended"));
  expect(changes()).toEqual([{ request: "POST applications/bulk", body: { ids: [8], operation: "suspend" } }]);
});

test("an operation on all that match sends the search with the ids, and moves them to plans of the filter's product", async () => {
  const found = [8, 9, 10].map((id) => ({ id, name: `App ${id}`, org_name: "Quay Books" }));
  const services = ["Ferries", "Trains"].map((name, at) => ({ service: { id: 7 + at, name } }));
  const { changes, open } = show("/applications?by=account_query&query=quay", {
    "GET services": [200, { services }],
    "GET applications?account_query=quay&per_page=50": [
      200,
      { applications: [application(8, "Ferry times")], metadata: { total_entries: 3 } },
    ],
    "GET applications?service_id=7&account_query=quay&per_page=50": [
      200,
      { applications: [application(8, "Ferry times")], metadata: { total_entries: 3 } },
    ],
    "GET applications/matching?account_query=quay&service_id=7": [200, { data: found }],
    "POST applications/bulk": [200, { data: [8, 9, 10].map((id) => ({ id, done: true })) }],
  });
  await tick("tick-all");
  await click("With 1 selected");
  await waitFor(() => expect(items()).toContain("Change plan"));
  await click("With 1 selected");
  await click("Select all 3 applications that match");
  await click("With 3 selected");
  // The product of the page's only row is not that of all.
  await waitFor(() => expect(items()).toEqual(["Accept", "Suspend", "Resume", "Send message", "Reject", "Delete"]));
  open("/applications?by=account_query&query=quay&service_id=7");
  await waitFor(() => expect(page()).toContain("With selected"));
  await tick("tick-all");
  await click("Select all 3 applications that match");
  await click("With 3 selected");
  await click("Change plan");
  await waitFor(() => expect(page()).toContain("Change plan: 3 applications"));
  expect(page()).toContain("App 10 of Quay Books");
  await fill("plan_id", "1");
  await click("Change plan");
  await waitFor(() => expect(page()).toContain("3 applications were moved"));
  const body = { operation: "change_plan", plan_id: 1, filter: { account_query: "quay", service_id: 7 } };
  expect(changes()).toEqual([{ request: "POST applications/bulk", body: { ids: [8, 9, 10], ...body } }]);
});
