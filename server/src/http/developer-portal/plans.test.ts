import { expect, test } from "vitest";
import { describePlan, limitText, priceText } from "./plans.ts";

const free = { name: "Gold", costPerMonth: "0.0000", setupFee: "0.0000", trialPeriodDays: null };

test.for([
  ["a free plan is described by its name only", {}, "Gold"],
  ["a trial of zero days is omitted", { trialPeriodDays: 0 }, "Gold"],
  ["amounts are grouped and have no trailing zeros", { costPerMonth: "1234.5000" }, "Gold (1,234.5 per month)"],
  ["amounts below one are shown", { setupFee: "0.0500" }, "Gold (0.05 setup fee)"],
  [
    "amounts with many digits are exact",
    { setupFee: "1234567890123456.7891" },
    "Gold (1,234,567,890,123,456.7891 setup fee)",
  ],
  ["a trial shows its days", { trialPeriodDays: 1 }, "Gold (1 trial day)"],
  [
    "all terms are listed",
    { costPerMonth: "10.0000", setupFee: "20.0000", trialPeriodDays: 30 },
    "Gold (10 per month, 20 setup fee, 30 trial days)",
  ],
] as const)("%s", ([, terms, words]) => {
  expect(describePlan({ ...free, ...terms })).toBe(words);
});

test("additional terms come last", () => {
  expect(describePlan({ ...free, costPerMonth: "10" }, ["needs approval"])).toBe("Gold (10 per month, needs approval)");
});

test.for([
  [{ period: "minute", value: 1000 }, "At most 1,000 Hits per minute"],
  [{ period: "eternity", value: 5 }, "At most 5 Hits in all"],
  [{ period: "day", value: 0 }, "No Hits"],
] as const)("a limit of %j is described as: %s", ([limit, words]) => {
  expect(limitText({ name: "Hits", ...limit })).toBe(words);
});

test.for([
  [{ min: 1, max: null, costPerUnit: "0.0500" }, "Hits: 0.05 each"],
  [{ min: 1, max: 1000, costPerUnit: "1.0000" }, "Hits: 1 each, 1 to 1,000 per month"],
  [{ min: 1001, max: null, costPerUnit: "0.0125" }, "Hits: 0.0125 each, above 1,000 per month"],
] as const)("a pricing rule of %j is described as: %s", ([rule, words]) => {
  expect(priceText({ name: "Hits", ...rule })).toBe(words);
});
