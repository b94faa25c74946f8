import { queryOptions } from "@tanstack/react-query";

import type { ManagementClient } from "./management-client.ts";

/** What accounts and applications are on. */
export interface AccountPlan {
  readonly id: number;
  readonly name: string;
  readonly state: "hidden" | "published";
  readonly setup_fee: number;
  readonly cost_per_month: number;
  readonly trial_period_days: number;
  readonly approval_required: boolean;
  readonly default: boolean;
}

export interface ApplicationPlan extends AccountPlan {
  /** Made for one application alone. */
  readonly custom: boolean;
  readonly system_name: string;
}

export const accountPlansQuery = (api: ManagementClient) =>
  queryOptions({
    queryKey: ["plans", "account"],
    queryFn: async () => {
      const { plans } = await api.read<{ plans: { account_plan: AccountPlan }[] }>("account_plans");
      return plans.map((it) => it.account_plan);
    },
  });

export const applicationPlansQuery = (api: ManagementClient, productId: number) =>
  queryOptions({
    queryKey: ["plans", "application", productId],
    queryFn: async () => {
      const path = `services/${productId}/application_plans`;
      const { plans } = await api.read<{ plans: { application_plan: ApplicationPlan }[] }>(path);
      return plans.map((it) => it.application_plan);
    },
  });
