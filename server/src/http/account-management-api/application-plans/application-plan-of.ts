import type { Call } from "../operation.ts";

/** Which application plan of which product a call is about. */
export const applicationPlanOf = ({ provider, id, serviceId }: Call) => ({
  providerId: provider.id,
  kind: "application_plan" as const,
  productId: serviceId("service_id"),
  planId: id("id"),
});
