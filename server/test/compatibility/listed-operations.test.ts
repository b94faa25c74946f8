import { expect, test } from "vitest";
import { operations } from "#http/account-management-api/index.ts";
import { formatsOf } from "#http/account-management-api/operation.ts";
import { listedOperations } from "./listed-operations.ts";

const titleOf = new Map<string, string>(
  operations.flatMap((operation) =>
    formatsOf(operation).map((format) => [`${operation.method} ${operation.path}.${format}`, operation.title] as const),
  ),
);

test("every operation of 3scale's API is served in its formats under its title", () => {
  const expected = Object.entries(listedOperations).flatMap(([operation, title]) => [
    [operation, title],
    [operation.replace(/\.xml$/, ".json"), title],
  ]);

  expect(expected.map(([operation = ""]) => [operation, titleOf.get(operation)])).toEqual(expected);
});
