import { expect } from "vitest";
import { test } from "./test.ts";

test("a transaction of a test is gone after it", async ({ tx }) => {
  await tx.query("insert into cells (number, schema_name) values (77, 'leaves_nothing')");
  expect(await tx.query("select schema_name from cells where number = 77")).toHaveLength(1);
});
