import { expect, test } from "vitest";
import { operations } from "#http/account-management-api/operations.ts";
import { listedOperations } from "./listed-operations.ts";

const served = new Set(
  operations.flatMap(({ method, path, formats }) => formats.map((format) => `${method} ${path}.${format}`)),
);

test("every operation that 3scale lists is served, in each format that it has there", () => {
  const wanted = listedOperations.flatMap((it) => [it, it.replace(/\.xml$/, ".json")]);

  expect(wanted.filter((it) => !served.has(it))).toEqual([]);
});
