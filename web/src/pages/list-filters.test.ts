import { expect, test } from "vitest";
import { readAccountSearch, readApplicationSearch } from "./list-filters.ts";

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
