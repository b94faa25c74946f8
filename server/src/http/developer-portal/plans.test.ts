import { expect, test } from "vitest";
import { describePlan } from "./plans.ts";

const free = { name: "Gold", costPerMonth: "0.0000", setupFee: "0.0000", trialPeriodDays: null };

test.for([
  ["what costs nothing has its name alone", {}, "Gold"],
  ["a trial of no days is none", { trialPeriodDays: 0 }, "Gold"],
  ["sums are grouped, without the zeros of the database", { costPerMonth: "1234.5000" }, "Gold (1,234.5 a month)"],
  ["less than one is a sum, too", { setupFee: "0.0500" }, "Gold (0.05 to set up)"],
  [
    "sums are exact however long they are",
    { setupFee: "1234567890123456.7891" },
    "Gold (1,234,567,890,123,456.7891 to set up)",
  ],
  ["a trial has its days", { trialPeriodDays: 1 }, "Gold (1 trial day)"],
  [
    "all terms stand side by side",
    { costPerMonth: "10.0000", setupFee: "20.0000", trialPeriodDays: 30 },
    "Gold (10 a month, 20 to set up, 30 trial days)",
  ],
] as const)("%s", ([, terms, words]) => {
  expect(describePlan({ ...free, ...terms })).toBe(words);
});

test("what the page knows besides comes last", () => {
  expect(describePlan({ ...free, costPerMonth: "10" }, ["needs approval"])).toBe("Gold (10 a month, needs approval)");
});
