import { queryOptions } from "@tanstack/react-query";

import type { ManagementClient } from "./management-client.ts";

export interface Product {
  readonly id: number;
  readonly name: string;
  readonly system_name: string;
  readonly description?: string;
  readonly backend_version: "1" | "2" | "oauth" | "oidc";
  readonly created_at: string;
}

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
