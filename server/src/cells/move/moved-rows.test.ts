import { expect, test } from "vitest";
import { type MovedTable, parentsFirst } from "./moved-rows.ts";

const table = (name: string, ...parents: readonly string[]): MovedTable => ({
  name,
  parents,
  columns: ["provider_id", "id"],
  key: [{ name: "id", type: "bigint" }],
  owner: "provider_id",
  isPartitioned: false,
});

const names = (tables: readonly MovedTable[]): readonly string[] => tables.map(({ name }) => name);

test("a table follows all tables that its foreign keys refer to", () => {
  const tables = [
    table("users", "accounts"),
    table("accounts", "plans", "providers"),
    table("plans", "providers"),
    table("providers"),
  ];
  expect(names(parentsFirst(tables))).toEqual(["providers", "plans", "accounts", "users"]);
});

test("tables that do not move are no obstacle", () => {
  expect(names(parentsFirst([table("users", "countries")]))).toEqual(["users"]);
});

test("foreign keys in a cycle are refused by name, instead of a move that never ends", () => {
  const tables = [table("plans", "products"), table("products", "plans"), table("providers")];
  expect(() => parentsFirst(tables)).toThrow("Foreign keys form a cycle: plans, products.");
});
