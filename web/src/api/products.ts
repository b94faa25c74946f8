import { queryOptions, useQuery } from "@tanstack/react-query";
import { type ApiClient, type BellwireSchemas, responseBody } from "./bellwire-client.ts";
import { type ManagementClient, type ManagementSchemas, useManagement } from "./management-client.ts";
import { mayReadPlans, useSession } from "./session.tsx";

export type Product = ManagementSchemas["Service"];

export const productsQuery = (api: ManagementClient) =>
  queryOptions({
    queryKey: ["products", "list"],
    queryFn: () => readPages<Product>(api, "services"),
  });

/** Reads all pages of a list, so that selects can offer every object. */
async function readPages<Item>(api: ManagementClient, path: string): Promise<readonly Item[]> {
  const items: Item[] = [];
  for (let page = 1; ; page += 1) {
    const { objects, total } = await api.readList<Item>(path, page > 1 ? { page } : {});
    items.push(...objects);
    if (objects.length === 0 || items.length >= total) return items;
  }
}

export const productQuery = (api: ManagementClient, id: number) =>
  queryOptions({
    queryKey: ["products", "one", id],
    queryFn: () => api.readObject<Product>(`services/${id}`),
  });

/** An amount is a text if it has more digits than a number keeps. */
type Exact<Plan> = Omit<Plan, "cost_per_month" | "setup_fee"> & {
  readonly cost_per_month: number | string;
  readonly setup_fee: number | string;
};

/** A plan of accounts. Application plans have the same fields. */
export type AccountPlan = Exact<ManagementSchemas["AccountPlan"]>;

/** `custom`: a plan that was made for a single application. */
export type ApplicationPlan = Exact<ManagementSchemas["ApplicationPlan"]>;

export const accountPlansQuery = (api: ManagementClient) =>
  queryOptions({
    queryKey: ["plans", "account"],
    queryFn: async () => (await api.readList<AccountPlan>("account_plans")).objects,
  });

/** Returns the account plans for a choice. Members who may not read them get none, and send no request that would be refused. */
export function useAccountPlans(): readonly AccountPlan[] {
  const isAllowed = mayReadPlans(useSession());
  return useQuery({ ...accountPlansQuery(useManagement()), enabled: isAllowed }).data ?? [];
}

/** Reads a product's plans that any application can have. */
export const applicationPlansQuery = (api: ManagementClient, productId: number) =>
  queryOptions({
    queryKey: ["plans", "application", productId],
    queryFn: async () => {
      const { objects } = await api.readList<ApplicationPlan>(`services/${productId}/application_plans`);
      return objects.filter(({ custom }) => !custom);
    },
  });

export const applicationPlanQuery = (api: ManagementClient, productId: number, id: number) =>
  queryOptions({
    queryKey: ["plans", "one", id],
    queryFn: () => api.readObject<ApplicationPlan>(`services/${productId}/application_plans/${id}`),
  });

/** Reads the features of one application plan, custom plans included. */
export const featuresOfPlanQuery = (api: ManagementClient, planId: number) =>
  queryOptions({
    queryKey: ["features", "of plans", "application", planId],
    queryFn: async () => (await api.readList<Feature>(`application_plans/${planId}/features`)).objects,
  });

/** A metric or method of a product. Methods have a `parent_id`. */
export type Metric = ManagementSchemas["Metric"];

export const metricsQuery = (api: ManagementClient, productId: number) =>
  queryOptions({
    queryKey: ["metrics", productId],
    queryFn: async () => (await api.readList<Metric>(`services/${productId}/metrics`)).objects,
  });

export type Limit = ManagementSchemas["Limit"];

/** Reads all limits of an application plan, page by page. */
export const limitsQuery = (api: ManagementClient, planId: number) =>
  queryOptions({
    queryKey: ["plans", "limits", planId],
    queryFn: () => readPages<Limit>(api, `application_plans/${planId}/limits`),
  });

export type PricingRule = ManagementSchemas["PricingRule"];

export const pricingRulesQuery = (api: ManagementClient, planId: number) =>
  queryOptions({
    queryKey: ["plans", "prices", planId],
    queryFn: async () => (await api.readList<PricingRule>(`application_plans/${planId}/pricing_rules`)).objects,
  });

/** A plan of subscriptions to a product. */
export type ServicePlan = Exact<ManagementSchemas["ServicePlan"]>;

export const servicePlansQuery = (api: ManagementClient, productId: number) =>
  queryOptions({
    queryKey: ["plans", "service", productId],
    queryFn: async () => (await api.readList<ServicePlan>(`services/${productId}/service_plans`)).objects,
  });

/** A text that plans of one kind can promise. */
export type Feature = ManagementSchemas["Feature"];

/** The path of the features of a product in the API, or of those of account plans. */
export const featuresPath = (productId: number | undefined): string =>
  productId === undefined ? "features" : `services/${productId}/features`;

export const featuresQuery = (api: ManagementClient, productId: number | undefined) =>
  queryOptions({
    queryKey: ["features", "list", productId ?? "account"],
    queryFn: async () => (await api.readList<Feature>(featuresPath(productId))).objects,
  });

/** Reads which plans have which features. */
export const planFeaturesQuery = (api: ApiClient, productId: number | undefined) =>
  queryOptions({
    queryKey: ["features", "of plans", productId ?? "account"],
    queryFn: async () => {
      const query = productId === undefined ? {} : { product_id: productId };
      return (await responseBody(api.GET("/api/v1/plan_features", { params: { query } }))).data;
    },
  });

/** An API specification with its body. */
export type Specification = ManagementSchemas["ApiDoc"];

export type ListedSpecification = BellwireSchemas["ApiSpecification"];

/** Reads the specifications of all products, without their bodies, which may have many megabytes. */
export const specificationsQuery = (api: ApiClient) =>
  queryOptions({
    queryKey: ["specifications", "list"],
    queryFn: async () => (await responseBody(api.GET("/api/v1/api_specifications"))).data,
  });

export const specificationQuery = (api: ManagementClient, id: number) =>
  queryOptions({
    queryKey: ["specifications", "one", id],
    queryFn: () => api.readObject<Specification>(`active_docs/${id}`),
  });
