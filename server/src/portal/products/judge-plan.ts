import {
  mergeErrors,
  readDays,
  readMoney,
  readName,
  readTruth,
  wrongOf,
  type FieldErrors,
  type FieldInput,
} from "#portal/fields/index.ts";

import type { Plan } from "./plan.ts";

/** What the provider decides of a plan. */
export type PlanTerms = Pick<
  Plan,
  "name" | "state" | "approvalRequired" | "setupFee" | "costPerMonth" | "trialPeriodDays" | "cancellationPeriodSeconds"
>;

/** A plan's terms after an input, and what is wrong with it. What the input does not name stays. */
export function judgePlan(
  before: PlanTerms,
  input: FieldInput,
): { readonly terms: PlanTerms; readonly errors: FieldErrors } {
  const read = {
    name: readName(input, "name"),
    approval_required: readTruth(input, "approval_required"),
    setup_fee: readMoney(input, "setup_fee"),
    cost_per_month: readMoney(input, "cost_per_month"),
    trial_period_days: readDays(input, "trial_period_days"),
    cancellation_period: readDays(input, "cancellation_period"),
  };
  const state = stateAfter(before.state, input["state_event"]);
  const { name, approval_required, setup_fee, cost_per_month, trial_period_days, cancellation_period } = read;
  return {
    terms: {
      name: name.value ?? before.name,
      state: state ?? before.state,
      approvalRequired: approval_required.value ?? before.approvalRequired,
      setupFee: setup_fee.value ?? before.setupFee,
      costPerMonth: cost_per_month.value ?? before.costPerMonth,
      trialPeriodDays: trial_period_days.value === undefined ? before.trialPeriodDays : trial_period_days.value,
      cancellationPeriodSeconds: cancellation_period.value ?? before.cancellationPeriodSeconds,
    },
    errors: mergeErrors(wrongOf(read), state === undefined ? { state_event: ["invalid"] } : {}),
  };
}

function stateAfter(state: Plan["state"], event: unknown): Plan["state"] | undefined {
  if (event === undefined || event === null || event === "") return state;
  if (event === "publish") return "published";
  return event === "hide" ? "hidden" : undefined;
}
