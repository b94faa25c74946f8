import { queryOptions } from "@tanstack/react-query";

import type { Standing } from "./account-queries.ts";
import type { ManagementClient, ManagementSchemas } from "./management-client.ts";

export type Product = ManagementSchemas["Service"];

interface ProductAnswer {
  readonly service: Product;
}

export const productsQuery = (api: ManagementClient) =>
  queryOptions({
    queryKey: ["products", "list"],
    queryFn: () => readProducts(api),
  });

/** All of them: whoever has more than a page holds must be able to choose the last one, too. */
async function readProducts(api: ManagementClient, page = 1): Promise<readonly Product[]> {
  const query = page > 1 ? { page } : {};
  const { services, metadata } = await api.read<{ services: ProductAnswer[]; metadata?: Standing }>("services", query);
  const products = services.map(({ service }) => service);
  return metadata && page < metadata.total_pages ? [...products, ...(await readProducts(api, page + 1))] : products;
}

export const productQuery = (api: ManagementClient, id: number) =>
  queryOptions({
    queryKey: ["products", "one", id],
    queryFn: async () => (await api.read<ProductAnswer>(`services/${id}`)).service,
  });
