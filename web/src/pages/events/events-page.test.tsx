import { expect, test } from "vitest";
import { exampleEvent } from "../../testing/examples.ts";
import { click } from "../../testing/show-in-portal.tsx";
import { type Server, says, showPage, shown } from "../../testing/show-page.tsx";
import { waitFor } from "../../testing/wait-for.ts";

const types = [
  { type: "account.created", switch: "a", label: "Account created", group: "Accounts", interfaces: ["api"] },
];

const server: Server = {
  "GET /api/v1/events": ({ query }) => [200, { data: query.has("type") ? [] : [exampleEvent], next: null }],
  "GET /api/v1/event_types": () => [200, { data: types }],
};

const choose = (label: string, value: string): Promise<void> =>
  waitFor(() => {
    const select = document.querySelector<HTMLSelectElement>(`select[aria-label=${label}]`);
    if (![...(select?.options ?? [])].some((it) => it.value === value)) throw new Error(`There is no ${value}.`);
    Object.getOwnPropertyDescriptor(HTMLSelectElement.prototype, "value")?.set?.call(select, value);
    select?.dispatchEvent(new window.Event("change", { bubbles: true }));
  });

test("a list filtered by account names it, and the filter can be removed", async () => {
  const page = showPage("/events?account_id=7", server);
  await says("Account: Harbour & Sons");
  expect(page.askedFor("GET /api/v1/events")[0]?.query.get("account_id")).toBe("7");
  await click("Show the events of every account");
  await waitFor(() => expect(page.address()).toBe("/events"));
  await waitFor(() => expect(shown()).not.toContain("Account: "));
});

test("going back undoes the last filter only", async () => {
  const page = showPage("/events?account_id=7", server);
  await says("Account: Harbour & Sons");
  await choose("Event", "account.created");
  await says("No matches");
  expect(page.address()).toContain("type=account.created");
  expect(page.address()).toContain("account_id=7");
  page.router.history.back();
  await says("Account: Harbour & Sons");
  expect(page.address()).toBe("/events?account_id=7");
});

test.each(["account_id=x", "account_id=1e40", "account_id=true", "account_id=[1]", "type=nonsense", "page=-1"])(
  "an address that makes no sense shows everything: %s",
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
