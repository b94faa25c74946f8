import type { Call } from "../operation.ts";

/** Which account plan a call is about. */
export const accountPlanOf = ({ provider, id }: Call) => ({
  providerId: provider.id,
  kind: "account_plan" as const,
  productId: null,
  planId: id("id"),
});
