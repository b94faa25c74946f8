import { queryOptions, useQuery } from "@tanstack/react-query";
import type { ListMetadata } from "./accounts.ts";
import { type ManagementClient, type ManagementSchemas, useManagement } from "./management-client.ts";
import { mayOpen, useSession } from "./session.tsx";

export type Product = ManagementSchemas["Service"];

interface ProductAnswer {
  readonly service: Product;
}

export const productsQuery = (api: ManagementClient) =>
  queryOptions({
    queryKey: ["products", "list"],
    queryFn: () => readProducts(api),
  });

/** Reads all pages, so that selects can offer every product. */
async function readProducts(api: ManagementClient, page = 1): Promise<readonly Product[]> {
  const query = page > 1 ? { page } : {};
  const { services, metadata } = await api.read<{ services: ProductAnswer[]; metadata?: ListMetadata }>(
    "services",
    query,
  );
  const products = services.map(({ service }) => service);
  return metadata && page < metadata.total_pages ? [...products, ...(await readProducts(api, page + 1))] : products;
}

export const productQuery = (api: ManagementClient, id: number) =>
  queryOptions({
    queryKey: ["products", "one", id],
    queryFn: async () => (await api.read<ProductAnswer>(`services/${id}`)).service,
  });

/** A plan of accounts. Application plans have the same fields. */
export type AccountPlan = ManagementSchemas["AccountPlan"];

/** `custom`: a plan that was made for a single application. */
export type ApplicationPlan = ManagementSchemas["ApplicationPlan"];

export const accountPlansQuery = (api: ManagementClient) =>
  queryOptions({
    queryKey: ["plans", "account"],
    queryFn: async () => {
      const { plans } = await api.read<{ plans: { account_plan: AccountPlan }[] }>("account_plans");
      return plans.map((entry) => entry.account_plan);
    },
  });

/** Returns the account plans for a choice. Members who may not read them get none, and send no request that would be refused. */
export function useAccountPlans(): readonly AccountPlan[] {
  const isAllowed = mayOpen(useSession(), "/account-plans");
  return useQuery({ ...accountPlansQuery(useManagement()), enabled: isAllowed }).data ?? [];
}

export const applicationPlansQuery = (api: ManagementClient, productId: number) =>
  queryOptions({
    queryKey: ["plans", "application", productId],
    queryFn: async () => {
      const path = `services/${productId}/application_plans`;
      const { plans } = await api.read<{ plans: { application_plan: ApplicationPlan }[] }>(path);
      return plans.map((entry) => entry.application_plan);
    },
  });
