import { expect, test } from "vitest";
import { readAccountSearch, readApplicationSearch } from "./list-filters.ts";

test.each([
  ["what makes no sense is left out", { state: "asleep", query: {}, page: "x" }, {}],
  ["the first page needs no number", { page: 1 }, {}],
  ["a search for digits stays a text", { query: 42 }, { query: "42" }],
  [
    "state, text and page go together",
    { state: "pending", query: "quay", page: 2 },
    { state: "pending", query: "quay", page: 2 },
  ],
])("%s", (_guarantee, search, filter) => {
  expect(readAccountSearch(search)).toEqual(filter);
});

test.each([
  ["what makes no sense is left out", { state: "asleep", by: "colour", query: {}, service_id: "x", page: 0 }, {}],
  ["the first page needs no number", { page: 1 }, {}],
  ["a text is looked for in names, where nothing else is said", { query: "ferry" }, { by: "name", query: "ferry" }],
  ["a search for digits stays a text", { by: "app_id", query: 42 }, { by: "app_id", query: "42" }],
  ["where to look is nothing without a text", { by: "user_key", query: "" }, {}],
  ["a plan is nothing without its product", { plan_id: 3 }, {}],
  [
    "everything goes together",
    { by: "account_query", query: "quay", service_id: 7, plan_id: 3, state: "live", page: 2 },
    { by: "account_query", query: "quay", service_id: 7, plan_id: 3, state: "live", page: 2 },
  ],
])("%s", (_guarantee, search, filter) => {
  expect(readApplicationSearch(search)).toEqual(filter);
});
