import { queryOptions } from "@tanstack/react-query";

import type { components } from "../account-management-api.d.ts";
import type { ManagementClient } from "./management-client.ts";

export type Product = components["schemas"]["Service"];

interface ProductAnswer {
  readonly service: Product;
}

export const productsQuery = (api: ManagementClient) =>
  queryOptions({
    queryKey: ["products", "list"],
    queryFn: async () =>
      (await api.read<{ services: ProductAnswer[] }>("services")).services.map(({ service }) => service),
  });

export const productQuery = (api: ManagementClient, id: number) =>
  queryOptions({
    queryKey: ["products", "one", id],
    queryFn: async () => (await api.read<ProductAnswer>(`services/${id}`)).service,
  });
