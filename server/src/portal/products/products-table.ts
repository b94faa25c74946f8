import type { Reach } from "#access/index.ts";
import type { Database, Transaction } from "#platform/database/database.ts";

import type { Product } from "./product.ts";

const columns = `id, name, system_name as "systemName", state, description, backend_version as "backendVersion",
  deployment_option as "deploymentOption", support_email as "supportEmail", intentions_required as "intentionsRequired",
  txt_support as "txtSupport", terms, notification_settings as "notificationSettings", annotations, mandatory_app_key as "mandatoryAppKey",
  referrer_filters_required as "referrerFiltersRequired", buyers_manage_apps as "buyersManageApps",
  buyers_manage_keys as "buyersManageKeys", custom_keys_enabled as "customKeysEnabled",
  buyer_key_regenerate_enabled as "buyerKeyRegenerateEnabled", buyer_can_select_plan as "buyerCanSelectPlan",
  buyer_plan_change_permission as "buyerPlanChangePermission", oidc_configuration as "oidcConfiguration",
  created_at as "createdAt", updated_at as "updatedAt"`;

const listStatement = `
  select ${columns}
  from products
  where provider_id = $1 and ($2::bigint[] is null or id = any($2))
  order by id
  limit $3 offset $4`;

/** The products of a provider, or those that somebody reaches, oldest first. */
export const listProducts = (
  db: Database,
  providerId: number,
  page?: { readonly reach: Reach; readonly limit: number; readonly offset: number },
): Promise<Product[]> =>
  db.query<Product>(listStatement, [providerId, page?.reach ?? null, page?.limit ?? null, page?.offset ?? 0]);

const countStatement = `
  select count(*) as count
  from products
  where provider_id = $1 and ($2::bigint[] is null or id = any($2))`;

export async function countProducts(db: Database, providerId: number, reach: Reach): Promise<number> {
  const [row] = await db.query<{ count: number }>(countStatement, [providerId, reach]);
  return row?.count ?? 0;
}

const readStatement = `select ${columns} from products where provider_id = $1 and id = any($2)`;

export const readProducts = (db: Database, providerId: number, ids: readonly number[]): Promise<Product[]> =>
  db.query<Product>(readStatement, [providerId, ids]);

export async function readProduct(db: Database, providerId: number, id: number): Promise<Product | undefined> {
  const [product] = await readProducts(db, providerId, [id]);
  return product;
}

const holdStatement = `select id from products where provider_id = $1 and id = $2 for key share`;

/** Whether the product is there, as it then is until this transaction ends. */
export async function holdProduct(tx: Transaction, providerId: number, id: number): Promise<boolean> {
  return (await tx.query(holdStatement, [providerId, id])).length > 0;
}

// Nothing can come to refer to the product, or leave it, until the transaction ends.
const lockStatement = `${readStatement} for update`;

export async function lockProduct(tx: Transaction, providerId: number, id: number): Promise<Product | undefined> {
  const [product] = await tx.query<Product>(lockStatement, [providerId, [id]]);
  return product;
}

const insertStatement = `
  insert into products (provider_id, name, system_name, backend_version, created_at, updated_at)
  values ($1, $2, $3, $4, $5, $5)
  on conflict do nothing
  returning ${columns}`;

interface NewProduct {
  readonly providerId: number;
  readonly name: string;
  readonly systemName: string;
  readonly backendVersion: Product["backendVersion"];
  readonly now: Date;
}

/** The new product, or undefined if another has its system name. */
export async function insertProduct(tx: Transaction, product: NewProduct): Promise<Product | undefined> {
  const { providerId, name, systemName, backendVersion, now } = product;
  const [inserted] = await tx.query<Product>(insertStatement, [providerId, name, systemName, backendVersion, now]);
  return inserted;
}

const updateStatement = `
  update products
  set name = $3, description = $4, backend_version = $5, deployment_option = $6, mandatory_app_key = $7,
    referrer_filters_required = $8, buyers_manage_apps = $9, buyers_manage_keys = $10, custom_keys_enabled = $11,
    buyer_key_regenerate_enabled = $12, buyer_can_select_plan = $13, buyer_plan_change_permission = $14,
    oidc_configuration = $15, updated_at = $16, state = $17, support_email = $18, intentions_required = $19,
    txt_support = $20, terms = $21, notification_settings = $22, annotations = $23
  where provider_id = $1 and id = $2
  returning ${columns}`;

/** Writes what can be changed of a locked product. */
export async function updateProductRow(
  tx: Transaction,
  providerId: number,
  product: Product,
  now: Date,
): Promise<Product> {
  const [updated] = await tx.query<Product>(updateStatement, [
    providerId,
    product.id,
    product.name,
    product.description,
    product.backendVersion,
    product.deploymentOption,
    product.mandatoryAppKey,
    product.referrerFiltersRequired,
    product.buyersManageApps,
    product.buyersManageKeys,
    product.customKeysEnabled,
    product.buyerKeyRegenerateEnabled,
    product.buyerCanSelectPlan,
    product.buyerPlanChangePermission,
    product.oidcConfiguration,
    now,
    product.state,
    product.supportEmail,
    product.intentionsRequired,
    product.txtSupport,
    product.terms,
    product.notificationSettings,
    product.annotations,
  ]);
  if (!updated) throw new Error(`Product ${product.id} was gone although it was locked.`);
  return updated;
}

const deleteStatement = `delete from products where provider_id = $1 and id = $2`;

/** Deletes a product and its plans. Whatever was held on them must be gone before. */
export async function deleteProductRow(tx: Transaction, providerId: number, id: number): Promise<void> {
  await tx.query(deleteStatement, [providerId, id]);
}
