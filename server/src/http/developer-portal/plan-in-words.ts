import type { Plan } from "#portal/products/index.ts";

type Terms = Pick<Plan, "name" | "costPerMonth" | "setupFee" | "trialPeriodDays">;

/** A plan with what is to be known before it is chosen: `Gold (1,234.5 a month, 20 to set up)`. Sums are in no currency. */
export function planInWords(plan: Terms, more: readonly string[] = []): string {
  const { name, costPerMonth, setupFee, trialPeriodDays } = plan;
  const terms = [
    ...(Number(costPerMonth) > 0 ? [`${writeSum(costPerMonth)} a month`] : []),
    ...(Number(setupFee) > 0 ? [`${writeSum(setupFee)} to set up`] : []),
    ...(trialPeriodDays ? [trialPeriodDays === 1 ? "1 trial day" : `${trialPeriodDays} trial days`] : []),
    ...more,
  ];
  return terms.length > 0 ? `${name} (${terms.join(", ")})` : name;
}

/** As exact as it came: sums have more digits than a number holds. */
function writeSum(decimal: string): string {
  const [whole = "0", fraction = ""] = decimal.split(".");
  const digits = fraction.replace(/0+$/, "");
  return `${BigInt(whole).toLocaleString("en")}${digits === "" ? "" : `.${digits}`}`;
}
