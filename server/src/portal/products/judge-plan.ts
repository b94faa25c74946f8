import {
  mergeErrors,
  readDays,
  readMoney,
  readName,
  readText,
  readTruth,
  wrongOf,
  type FieldErrors,
  type FieldInput,
} from "#portal/fields/index.ts";

import { cannotFrom } from "./judge-product.ts";
import type { Plan } from "./plan.ts";

/** What the provider decides of a plan. */
export type PlanTerms = Pick<
  Plan,
  "name" | "state" | "approvalRequired" | "setupFee" | "costPerMonth" | "trialPeriodDays" | "cancellationPeriodSeconds"
>;

interface JudgedPlan {
  readonly terms: PlanTerms;
  /** Undefined if the input does not name it. It is stored and shown nowhere, as in 3scale's API. */
  readonly description: string | undefined;
  readonly errors: FieldErrors;
}

const descriptionLengthMax = 65_535;

/** A plan's terms after an input, and what is wrong with it. What the input does not name stays. */
export function judgePlan(before: PlanTerms, input: FieldInput): JudgedPlan {
  const read = {
    name: readName(input, "name"),
    approval_required: readTruth(input, "approval_required"),
    setup_fee: readMoney(input, "setup_fee"),
    cost_per_month: readMoney(input, "cost_per_month"),
    trial_period_days: readDays(input, "trial_period_days"),
    cancellation_period: readDays(input, "cancellation_period"),
  };
  const description = readText(input, "description", descriptionLengthMax);
  const state = stateAfter(before.state, input["state_event"]);
  const { name, approval_required, setup_fee, cost_per_month, trial_period_days, cancellation_period } = read;
  return {
    terms: {
      name: name.value ?? before.name,
      state: "wrong" in state ? before.state : state.state,
      approvalRequired: approval_required.value ?? before.approvalRequired,
      setupFee: setup_fee.value ?? before.setupFee,
      costPerMonth: cost_per_month.value ?? before.costPerMonth,
      trialPeriodDays: trial_period_days.value === undefined ? before.trialPeriodDays : trial_period_days.value,
      cancellationPeriodSeconds: cancellation_period.value ?? before.cancellationPeriodSeconds,
    },
    description: description.value,
    errors: mergeErrors(wrongOf({ ...read, description }), "wrong" in state ? { state_event: state.wrong } : {}),
  };
}

const stateOfEvent: Readonly<Record<string, Plan["state"]>> = { publish: "published", hide: "hidden" };

type StateAfter = { readonly state: Plan["state"] } | { readonly wrong: readonly string[] };

function stateAfter(before: Plan["state"], event: unknown): StateAfter {
  if (event === undefined || event === null || event === "") return { state: before };
  const state = typeof event === "string" && Object.hasOwn(stateOfEvent, event) ? stateOfEvent[event] : undefined;
  if (state === undefined) return { wrong: ["invalid"] };
  return state === before ? { wrong: cannotFrom(before) } : { state };
}
