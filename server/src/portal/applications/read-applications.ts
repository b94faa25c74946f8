import type { Database } from "#platform/database/database.ts";
import { readPlans, readProducts } from "#portal/products/index.ts";

import { listApplicationKeys } from "./application-keys-table.ts";
import type { Application } from "./application.ts";
import { listApplicationRows, readApplicationRows, type ApplicationRow } from "./applications-table.ts";

export async function readApplication(db: Database, providerId: number, id: number): Promise<Application | undefined> {
  const [application] = await complete(db, providerId, await readApplicationRows(db, providerId, id));
  return application;
}

/** The applications of an account, oldest first. */
export async function listApplications(db: Database, providerId: number, accountId: number): Promise<Application[]> {
  return complete(db, providerId, await listApplicationRows(db, providerId, accountId));
}

const filtersStatement = `
  select application_id as "applicationId", value
  from referrer_filters
  where provider_id = $1 and application_id = any($2)
  order by id`;

/** The rows with what belongs to them, in one statement for each table however many there are. */
async function complete(db: Database, providerId: number, rows: readonly ApplicationRow[]): Promise<Application[]> {
  if (rows.length === 0) return [];
  const ids = rows.map((row) => row.id);
  const products = byId(
    await readProducts(
      db,
      providerId,
      rows.map((row) => row.productId),
    ),
  );
  const plans = byId(
    await readPlans(
      db,
      providerId,
      rows.map((row) => row.planId),
    ),
  );
  const keys = Map.groupBy(await listApplicationKeys(db, providerId, ids), (key) => key.applicationId);
  const filters = Map.groupBy(
    await db.query<{ applicationId: number; value: string }>(filtersStatement, [providerId, ids]),
    (filter) => filter.applicationId,
  );

  return rows.map((row) => {
    const { productId, planId } = row;
    const [product, plan] = [products.get(productId), plans.get(planId)];
    if (!product || !plan) throw new Error(`Application ${row.id} has no product or no plan.`);
    return {
      ...row,
      product,
      plan,
      keys: (keys.get(row.id) ?? []).map((key) => ({
        value: key.value,
        createdAt: key.createdAt,
        updatedAt: key.updatedAt,
      })),
      referrerFilters: (filters.get(row.id) ?? []).map((filter) => filter.value),
    };
  });
}

const byId = <T extends { readonly id: number }>(them: readonly T[]): ReadonlyMap<number, T> =>
  new Map(them.map((it) => [it.id, it]));
