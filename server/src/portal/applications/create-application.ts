import type { Transaction } from "#platform/database/database.ts";
import { randomHex } from "#platform/ids/random-token.ts";
import type { Plan, Product } from "#portal/products/index.ts";

import { insertApplicationKey } from "./application-keys-table.ts";
import type { Application, ApplicationKey } from "./application.ts";
import { insertApplicationRow } from "./applications-table.ts";

export interface NewApplication {
  readonly accountId: number;
  readonly product: Product;
  readonly plan: Plan;
  readonly name: string;
  readonly description: string | null;
  readonly createOrigin: string;
}

const userKeyBytes = 16;
/** With 4, as programs know it from elsewhere, one in 40,000 would clash in a product of 100,000 applications. */
const applicationIdBytes = 8;
const keyBytes = 16;

/** A new application with the credentials of its product's kind. It waits for approval if its plan says so. */
export async function createApplication(
  tx: Transaction,
  providerId: number,
  { product, plan, ...application }: NewApplication,
  now: Date,
): Promise<Application> {
  const hasUserKey = product.backendVersion === "1";
  const row = await insertApplicationRow(
    tx,
    providerId,
    {
      ...application,
      productId: product.id,
      planId: plan.id,
      state: plan.approvalRequired ? "pending" : "live",
      userKey: hasUserKey ? randomHex(userKeyBytes) : null,
      applicationId: hasUserKey ? null : randomHex(applicationIdBytes),
      providerVerificationKey: randomHex(keyBytes),
    },
    now,
  );
  const keys: ApplicationKey[] = needsFirstKey(product)
    ? [{ value: randomHex(keyBytes), createdAt: now, updatedAt: now }]
    : [];
  for (const key of keys) await insertApplicationKey(tx, providerId, row.id, key);
  return { ...row, product, plan, keys, referrerFilters: [] };
}

const needsFirstKey = ({ backendVersion, mandatoryAppKey }: Product): boolean =>
  backendVersion === "oauth" || (backendVersion === "2" && mandatoryAppKey);
