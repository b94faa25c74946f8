import { randomHex } from "#platform/ids/random-token.ts";
import type { Plan, Product } from "#portal/products/index.ts";

import type { Application } from "./application.ts";
import { newKey } from "./keys/new-key.ts";

export interface NewApplication {
  readonly accountId: number;
  readonly product: Product;
  readonly plan: Plan;
  readonly name: string | null;
  readonly description: string | null;
  readonly createOrigin: string;
}

const userKeyBytes = 16;
/** With 4, as programs know it from elsewhere, one in 40,000 would clash in a product of 100,000 applications. */
const applicationIdBytes = 8;

export const newUserKey = (): string => randomHex(userKeyBytes);

/**
 * An application as it starts, with credentials for every kind of product: a product can change its kind. It waits for
 * approval if its plan says so. Its id comes when it is stored.
 */
export const newApplication = ({ product, plan, ...application }: NewApplication, now: Date): Application => ({
  ...application,
  id: 0,
  product,
  plan,
  state: plan.approvalRequired ? "pending" : "live",
  userKey: newUserKey(),
  applicationId: randomHex(applicationIdBytes),
  keys: needsFirstKey(product) ? [newKey(now)] : [],
  referrerFilters: [],
  providerVerificationKey: newUserKey(),
  redirectUrl: null,
  acceptedAt: null,
  firstTrafficAt: null,
  firstDailyTrafficAt: null,
  fields: {},
  createdAt: now,
  updatedAt: now,
});

const needsFirstKey = ({ backendVersion, mandatoryAppKey }: Product): boolean =>
  backendVersion === "oauth" || (backendVersion === "2" && mandatoryAppKey);
