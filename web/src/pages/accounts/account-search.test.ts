import { expect, test } from "vitest";

import { readAccountSearch } from "./account-search.ts";

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
