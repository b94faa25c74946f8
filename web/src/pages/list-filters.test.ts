import { expect, test } from "vitest";
import { readAccountSearch, readApplicationSearch, readAuditSearch, readMailSearch } from "./list-filters.ts";

test.each([
  ["invalid values are dropped", { state: "asleep", query: {}, page: "x" }, {}],
  ["page 1 is omitted", { page: 1 }, {}],
  ["a search for digits stays a text", { query: 42 }, { query: "42" }],
  [
    "state, text and page are combined",
    { state: "pending", query: "quay", page: 2 },
    { state: "pending", query: "quay", page: 2 },
  ],
])("%s", (_guarantee, search, filter) => {
  expect(readAccountSearch(search)).toEqual(filter);
});

test.each([
  ["invalid values are dropped", { state: "asleep", by: "colour", query: {}, service_id: "x", page: 0 }, {}],
  ["page 1 is omitted", { page: 1 }, {}],
  ["the default search field is the name", { query: "ferry" }, { by: "name", query: "ferry" }],
  ["a search for digits stays a text", { by: "app_id", query: 42 }, { by: "app_id", query: "42" }],
  ["a search field without a text is dropped", { by: "user_key", query: "" }, {}],
  ["a plan without its product is dropped", { plan_id: 3 }, {}],
  [
    "all filters are combined",
    { by: "account_query", query: "quay", service_id: 7, plan_id: 3, state: "live", page: 2 },
    { by: "account_query", query: "quay", service_id: 7, plan_id: 3, state: "live", page: 2 },
  ],
])("%s", (_guarantee, search, filter) => {
  expect(readApplicationSearch(search)).toEqual(filter);
});

test("filters of emails and of the audit log stay the same in an address; values that the API rejects are dropped", () => {
  const common = { q: "mira", since: "-1d", until: "2026-03-01T09:00:00Z" };
  const mails = { ...common, state: "sent", account_id: 31 };
  expect(readMailSearch(mails)).toEqual(mails);
  expect(readMailSearch({ q: " ", state: "held", account_id: "x", since: "yesterday", page: 2 })).toEqual({});
  const audit = { ...common, subject: "fields-definition/3", actor: "admin:5,token:5" };
  expect(readAuditSearch(audit)).toEqual(audit);
  expect(readAuditSearch({ subject: "endpoint 3", actor: "developer:5,admin" })).toEqual({});
});

test("an id has 16 digits from September 2027 on", () => {
  const id = 1_000_000_000_000_123;
  expect(readMailSearch({ account_id: id })).toEqual({ account_id: id });
  const actor = `admin:${id},token:${id}`;
  expect(readAuditSearch({ actor })).toEqual({ actor });
  const application = { service_id: id, plan_id: id };
  expect(readApplicationSearch(application)).toEqual(application);
});
