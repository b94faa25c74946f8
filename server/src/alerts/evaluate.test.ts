import { expect, test } from "vitest";
import { describeProblem } from "./evaluate.ts";

test.each([
  [-0.1, "has expired."],
  [0.4, "expires in less than a day. The limit is 14 days."],
  [1.9, "expires in 1 day. The limit is 14 days."],
  [13.2, "expires in 13 days. The limit is 14 days."],
])("a certificate with %d days left %s", (value, sentence) => {
  const problem = describeProblem({ kind: "certificate", value, threshold: 14 }, { disabledReason: null });
  expect(problem).toBe(`The certificate of the receiver ${sentence}`);
});
