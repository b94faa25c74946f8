import { queryOptions } from "@tanstack/react-query";

import type { ManagementClient, ManagementSchemas } from "./management-client.ts";

/** What accounts and applications are on. */
export type AccountPlan = ManagementSchemas["AccountPlan"];

/** `custom`: made for one application alone. */
export type ApplicationPlan = ManagementSchemas["ApplicationPlan"];

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
