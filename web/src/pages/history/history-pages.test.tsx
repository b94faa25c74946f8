import { expect, test } from "vitest";
import { describeValue } from "../../components/history/field-changes.tsx";
import { exampleEvent } from "../../testing/examples.ts";
import { click, fill } from "../../testing/show-in-portal.tsx";
import { says, showPage, shown } from "../../testing/show-page.tsx";
import { waitFor } from "../../testing/wait-for.ts";

const change = {
  field: "org_name",
  label: "Organization",
  kind: "changed",
  before: "Harbour",
  after: "Quay",
  masked: false,
  direct: true,
};

const entry = {
  ...exampleEvent,
  type: "account.updated",
  actor: { kind: "developer", user_id: 21, name: "mira" },
  object_name: "Quay",
  compared_with: null,
  changes: [
    change,
    { ...change, field: "password", label: "Password", before: null, after: undefined, masked: true },
    {
      ...change,
      field: "plans[3]",
      label: "Plan Gold",
      kind: "added",
      before: undefined,
      after: { id: 3, name: "Gold" },
      direct: false,
    },
  ],
  changes_total: 3,
  key: null,
  notified: {
    total: 2,
    endpoints: [
      { endpoint_id: 5, endpoint_name: "crm", state: "failed", gate: null, delivery_id: `${exampleEvent.id}.5` },
      { endpoint_id: 6, endpoint_name: "sms", state: "withheld", gate: "switch_off", delivery_id: null },
    ],
  },
};

const server = {
  "GET /admin/api/accounts/7.json": () => [200, { account: { id: 7, org_name: "Quay", state: "approved" } }] as const,
  "GET /api/v1/event_types": () => [200, { data: [{ type: "account.updated", label: "Account updated" }] }] as const,
  "GET /api/v1/accounts/7/history": () => [200, { data: [entry], next: null }] as const,
};

const linkOf = (text: string): string | null | undefined =>
  [...document.querySelectorAll("a")].find((link) => link.textContent.includes(text))?.getAttribute("href");

test("an entry shows the actor, its own changes, and links to each notified endpoint's delivery", async () => {
  const page = showPage("/accounts/7/history?span=week", server);
  await says("mira");
  const cells = () =>
    [...document.querySelectorAll("td[data-label=Before], td[data-label=After]")].map((element) => element.textContent);
  expect(cells()).toEqual(["Harbour", "Quay", "Hidden", "Hidden"]);
  expect(linkOf("Failed: crm")).toBe(`/deliveries/${entry.id}.5`);
  expect(linkOf("Not sent: sms")).toBe(`/events/${entry.id}`);
  const [request] = page.askedFor("GET /api/v1/accounts/7/history");
  expect(request?.query.getAll("include")).toEqual(["users", "applications"]);
  const days = (Date.now() - Date.parse(request?.query.get("since") ?? "")) / 86_400_000;
  expect(Math.round(days)).toBe(7);
  await click("Also different from the version before: 1");
  await waitFor(() => expect(cells().at(-1)).toBe("Gold"));
});

test("a time is chosen in the provider's time zone, and the object is shown as of that time", async () => {
  const version = { state: "existed", fields: [{ field: "org_name", label: "Organization", value: "Harbour" }] };
  const page = showPage(
    "/accounts/7/history",
    { ...server, "GET /api/v1/accounts/7/version": () => [200, version] },
    { timeZone: "Europe/Madrid" },
  );
  await fill("version-at", "2026-03-01T10:00:00");
  await click("Show");
  await says("As it was on 1 Mar 2026, 10:00:00 CET");
  await says("OrganizationHarbour");
  expect(page.askedFor("GET /api/v1/accounts/7/version")[0]?.query.get("at")).toBe("2026-03-01T09:00:00.000Z");
});

test("the page of a user leads to the account and to the list of accounts", async () => {
  const times = { created_at: "2026-03-01T09:00:00Z", updated_at: "2026-03-01T09:00:00Z" };
  const account = { id: 4, org_name: "Quay Books", ...times };
  const user = { id: 21, username: "mira", state: "active", ...times };
  showPage("/accounts/4/users/21", {
    "GET /admin/api/accounts/4.json": () => [200, { account }],
    "GET /admin/api/accounts/4/users/21.json": () => [200, { user }],
  });
  const breadcrumb = () => document.querySelector("nav[aria-label=Breadcrumb]")?.textContent;
  await waitFor(() => expect(breadcrumb()).toBe("AccountsQuay Booksmira"));
});

test("a user is suspended on the user's own page, after a confirmation", async () => {
  const times = { created_at: "2026-03-01T09:00:00Z", updated_at: "2026-03-01T09:00:00Z" };
  let user = { id: 21, username: "mira", role: "member", state: "active", ...times };
  const page = showPage("/accounts/4/users/21", {
    "GET /admin/api/accounts/4.json": () => [200, { account: { id: 4, org_name: "Quay Books", ...times } }],
    "GET /admin/api/accounts/4/users/21.json": () => [200, { user }],
    "PUT /admin/api/accounts/4/users/21/suspend.json": () => {
      user = { ...user, state: "suspended" };
      return [200, { user }];
    },
  });
  await says("Active");
  await click("Actions");
  await click("Suspend");
  await says("mira is signed out immediately");
  expect(page.askedFor("PUT /admin/api/accounts/4/users/21/suspend.json")).toEqual([]);
  await click("Suspend");
  await says("Suspended");
});

test("the dialog that edits a user gives its first field the focus, also if its fields come late", async () => {
  const times = { created_at: "2026-03-01T09:00:00Z", updated_at: "2026-03-01T09:00:00Z" };
  const user = { id: 21, username: "mira", role: "member", state: "active", ...times };
  const definition = { id: 1, target: "User", name: "username", label: "Username", position: 1, choices: [] };
  const late = Promise.withResolvers<void>();
  showPage("/accounts/4/users/21", {
    "GET /admin/api/accounts/4.json": () => [200, { account: { id: 4, org_name: "Quay Books", ...times } }],
    "GET /admin/api/accounts/4/users/21.json": () => [200, { user }],
    "GET /admin/api/fields_definitions.json": async () => {
      await late.promise;
      return [200, { fields_definitions: [{ fields_definition: definition }] }];
    },
  });
  await says("Active");
  await click("Actions");
  await click("Edit");
  await says("Edit mira");
  expect(document.querySelector("[role=dialog] input")).toBeNull();
  late.resolve();
  await waitFor(() => expect(document.activeElement?.getAttribute("name")).toBe("username"));
});

test("the page of a deleted account shows its last name", async () => {
  showPage("/accounts/7/history", { "GET /api/v1/accounts/7/history": server["GET /api/v1/accounts/7/history"] });
  await says("Deleted");
  expect(document.querySelector("h1")?.textContent).toBe("Quay");
  expect(shown()).toContain("mira");
});

test.each([
  [null, "None"],
  ["", "Empty"],
  [false, "No"],
  [["a", "b"], "a, b"],
  [{ id: 3, name: "Gold" }, "Gold"],
  [{ city: "Bergen", zip: null }, "city: Bergen\nzip: None"],
])("the value %j is shown as %s", (value, text) => {
  expect(describeValue(value)).toBe(text);
});
