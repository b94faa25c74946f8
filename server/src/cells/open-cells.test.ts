import { expect, test } from "vitest";
import { parseServedCells } from "./open-cells.ts";

const [east, west] = [{ name: "east" }, { name: "west" }];

test("selected cells are served, and names of no cell are reported", () => {
  const selected = parseServedCells("east, wset");
  expect([selected.has("east"), selected.has("west")]).toEqual([true, false]);
  expect(selected.missingFrom([east, west])).toEqual(["wset"]);
});

test("all cells are served with `all`, and none is missing", () => {
  const selected = parseServedCells("all");
  expect(selected.has("west")).toBe(true);
  expect(selected.missingFrom([east])).toEqual([]);
});
