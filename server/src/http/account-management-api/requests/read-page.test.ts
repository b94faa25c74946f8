import { expect, test } from "vitest";
import { readPage } from "./read-page.ts";

test("a page has a number and a size", () => {
  expect(readPage({ page: "3", per_page: "20" })).toEqual({ page: 3, perPage: 20, offset: 40 });
});

const texts = ["0", "-1", "1.5", "x", "", "501e9", "1e400", "9".repeat(40)];
const nonsense: readonly unknown[] = [...texts, null, undefined, true, [], ["2", "3"], {}, { toString: "" }];

test("what makes no sense as a page, or as its size, is as if it had not been said", () => {
  for (const it of nonsense) {
    expect([it, readPage({ page: it, per_page: it })]).toEqual([it, { page: 1, perPage: 500, offset: 0 }]);
  }
});
