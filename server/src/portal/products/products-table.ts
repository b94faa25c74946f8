import type { Database, Transaction } from "#platform/database/database.ts";

import type { Product } from "./product.ts";

const columns = `id, name, system_name as "systemName", description, backend_version as "backendVersion",
  mandatory_app_key as "mandatoryAppKey", referrer_filters_required as "referrerFiltersRequired",
  buyers_manage_apps as "buyersManageApps", buyers_manage_keys as "buyersManageKeys",
  buyer_can_select_plan as "buyerCanSelectPlan", oidc_configuration as "oidcConfiguration",
  created_at as "createdAt", updated_at as "updatedAt"`;

const listStatement = `select ${columns} from products where provider_id = $1 order by id`;

export const listProducts = (db: Database, providerId: number): Promise<Product[]> =>
  db.query<Product>(listStatement, [providerId]);

const readStatement = `select ${columns} from products where provider_id = $1 and id = any($2)`;

export const readProducts = (db: Database, providerId: number, ids: readonly number[]): Promise<Product[]> =>
  db.query<Product>(readStatement, [providerId, ids]);

const insertStatement = `
  insert into products (provider_id, name, system_name, backend_version, created_at, updated_at)
  values ($1, $2, $3, $4, $5, $5)
  returning ${columns}`;

interface NewProduct {
  readonly providerId: number;
  readonly name: string;
  readonly systemName: string;
  readonly backendVersion: Product["backendVersion"];
  readonly now: Date;
}

export async function insertProduct(tx: Transaction, product: NewProduct): Promise<Product> {
  const { providerId, name, systemName, backendVersion, now } = product;
  const [inserted] = await tx.query<Product>(insertStatement, [providerId, name, systemName, backendVersion, now]);
  if (!inserted) throw new Error("The new product was not returned.");
  return inserted;
}
