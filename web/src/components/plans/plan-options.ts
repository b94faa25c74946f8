import type { AccountPlan } from "../../api/management/plan-queries.ts";

export type PlanOnOffer = Pick<AccountPlan, "id" | "name" | "state">;

/** What a select offers where one of these plans must be chosen: nobody gets one that was not looked at. */
export const planOptions = (plans: readonly PlanOnOffer[]) => [
  { value: "", label: "Choose a plan" },
  ...plans.map(({ id, name, state }) => ({ value: String(id), label: state === "hidden" ? `${name} (hidden)` : name })),
];
