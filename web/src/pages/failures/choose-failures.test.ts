import { expect, test } from "vitest";

import { chooseFailures } from "./choose-failures.ts";

test("an event that failed at two endpoints is chosen at the one whose line was ticked", () => {
  expect(chooseFailures([{ endpoint_id: 1, id: "both" }])).toEqual([{ endpoint_id: 1, ids: ["both"] }]);
});

test("lines of several endpoints are chosen an endpoint at a time", () => {
  const ticked = [
    { endpoint_id: 1, id: "both" },
    { endpoint_id: 2, id: "both" },
    { endpoint_id: 1, id: "other" },
  ];
  expect(chooseFailures(ticked)).toEqual([
    { endpoint_id: 1, ids: ["both", "other"] },
    { endpoint_id: 2, ids: ["both"] },
  ]);
});
