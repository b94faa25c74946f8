import type { Database, Transaction } from "#platform/database/database.ts";
import { readPlans, readProducts } from "#portal/products/index.ts";

import type { Application } from "./application.ts";
import {
  listApplicationRows,
  lockApplicationRow,
  readApplicationRows,
  type ApplicationRow,
} from "./applications-table.ts";
import { listKeys } from "./keys/keys-table.ts";
import { listReferrerFilters } from "./referrer-filters/referrer-filters-table.ts";

export async function readApplication(db: Database, providerId: number, id: number): Promise<Application | undefined> {
  const [application] = await readApplications(db, providerId, [id]);
  return application;
}

export const readApplications = async (
  db: Database,
  providerId: number,
  ids: readonly number[],
): Promise<Application[]> => complete(db, providerId, await readApplicationRows(db, providerId, ids));

/** The applications of an account, oldest first: of all products or of one. */
export const listApplications = async (
  db: Database,
  providerId: number,
  accountId: number,
  productId?: number,
): Promise<Application[]> => complete(db, providerId, await listApplicationRows(db, providerId, accountId, productId));

/** The application as it is, and as it stays until this transaction changes it or ends. Its account is locked before. */
export async function lockApplication(
  tx: Transaction,
  which: { readonly providerId: number; readonly accountId: number; readonly applicationId: number },
): Promise<Application | undefined> {
  const row = await lockApplicationRow(tx, which);
  const [application] = await complete(tx, which.providerId, row ? [row] : []);
  return application;
}

/** The rows with what belongs to them, in one statement for each table however many there are. */
async function complete(db: Database, providerId: number, rows: readonly ApplicationRow[]): Promise<Application[]> {
  if (rows.length === 0) return [];
  const ids = rows.map((row) => row.id);
  const productIds = rows.map((row) => row.productId);
  const planIds = rows.map((row) => row.planId);
  const products = byId(await readProducts(db, providerId, productIds));
  const plans = byId(await readPlans(db, providerId, planIds));
  const keys = Map.groupBy(await listKeys(db, providerId, ids), (key) => key.applicationId);
  const filters = Map.groupBy(await listReferrerFilters(db, providerId, ids), (filter) => filter.applicationId);

  return rows.map(({ productId, planId, ...row }) => {
    const [product, plan] = [products.get(productId), plans.get(planId)];
    if (!product || !plan) throw new Error(`Application ${row.id} has no product or no plan.`);
    return {
      ...row,
      product,
      plan,
      keys: (keys.get(row.id) ?? []).map(({ value, createdAt, updatedAt }) => ({ value, createdAt, updatedAt })),
      referrerFilters: (filters.get(row.id) ?? []).map((filter) => filter.value),
    };
  });
}

const byId = <T extends { readonly id: number }>(them: readonly T[]): ReadonlyMap<number, T> =>
  new Map(them.map((it) => [it.id, it]));
