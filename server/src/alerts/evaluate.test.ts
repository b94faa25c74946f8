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

test.each([
  [999.4, "999 ms"],
  [1000, "1 s"],
  [119_400, "119 s"],
  [120_000, "2 minutes"],
  [7_199_000, "120 minutes"],
  [7_200_000, "2 hours"],
])("a latency of %d ms is described as %s", (value, duration) => {
  const problem = describeProblem({ kind: "latency_p95", value, threshold: 500 }, { disabledReason: null });
  expect(problem).toBe(`5 % of the responses in the last 15 minutes took ${duration} or longer. The limit is 500 ms.`);
});
