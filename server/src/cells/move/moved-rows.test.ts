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

test("a table is ordered after all tables that its foreign keys reference", () => {
  const tables = [
    table("users", "accounts"),
    table("accounts", "plans", "providers"),
    table("plans", "providers"),
    table("providers"),
  ];
  expect(names(parentsFirst(tables))).toEqual(["providers", "plans", "accounts", "users"]);
});

test("foreign keys to tables outside the move are ignored", () => {
  expect(names(parentsFirst([table("users", "countries")]))).toEqual(["users"]);
});

test("a cycle of foreign keys is refused with the names of its tables", () => {
  const tables = [table("plans", "products"), table("products", "plans"), table("providers")];
  expect(() => parentsFirst(tables)).toThrow("Foreign keys form a cycle: plans, products.");
});
