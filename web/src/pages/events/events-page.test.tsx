import { expect, test } from "vitest";
import { exampleEvent } from "../../testing/examples.ts";
import { click } from "../../testing/show-in-portal.tsx";
import { type Server, says, showPage, shown } from "../../testing/show-page.tsx";
import { waitFor } from "../../testing/wait-for.ts";

const types = [
  { type: "account.created", switch: "a", label: "Account created", group: "Accounts", interfaces: ["api"] },
];

const server: Server = {
  "GET /api/v1/events": ({ query }) => [200, { data: query.has("event_type") ? [] : [exampleEvent], next: null }],
  "GET /api/v1/events/count": () => [200, { count: 1, has_more: false }],
  "GET /api/v1/event_types": () => [200, { data: types }],
  "GET /admin/api/accounts/7.json": () => [200, { account: { id: 7, org_name: "Harbour & Sons" } }],
};

test("a filter by account shows the account's name and can be removed", async () => {
  const page = showPage("/events?account=7", server);
  await says("Account: Harbour & Sons");
  expect(page.askedFor("GET /api/v1/events")[0]?.query.get("account")).toBe("7");
  await click("Remove the filter Account: Harbour & Sons");
  await waitFor(() => expect(page.address()).toBe("/events"));
  await waitFor(() => expect(shown()).not.toContain("Account: "));
});

test("going back undoes the last filter only", async () => {
  const page = showPage("/events?account=7", server);
  await says("Account: Harbour & Sons");
  await page.router.navigate({ to: "/events", search: { account: 7, event_type: "account.created" } });
  await says("No matches");
  page.router.history.back();
  await waitFor(() => expect(shown()).not.toContain("Event: Account created"));
  expect(page.address()).toBe("/events?account=7");
});

test.each(["object_id=x", "object_id=1e40", "since=yesterday", "event_type=[1]", "channel=nonsense", "page=-1"])(
  "an invalid filter in the address is ignored: %s",
  async (search) => {
    const page = showPage(`/events?${search}`, server);
    await says("Harbour & Sons");
    expect(page.askedFor("GET /api/v1/events")[0]?.query.toString()).toBe("limit=50");
  },
);

test("a long word in an account's name breaks in its cell and pushes no column off the screen", async () => {
  showPage("/events", server);
  await says("Harbour & Sons");
  expect(document.querySelector("td[data-label=Account]")?.className).toContain("pf-m-break-word");
});
