import { createAccessToken, createProviderUser, digestOf, hashPassword, scopes } from "#access/index.ts";
import type { Transaction } from "#platform/database/database.ts";
import { randomHex } from "#platform/ids/random-token.ts";
import { insertStandardFields, isFine, mergeErrors, type FieldErrors } from "#portal/fields/index.ts";
import { insertDefaultPlan, insertProduct, type Product } from "#portal/products/index.ts";
import { insertProvider, type Provider } from "#portal/providers/index.ts";

import { insertTenant } from "./insert-tenant.ts";
import { judgeProviderSetup, type ProviderSetup } from "./provider-setup.ts";

export interface NewProvider {
  readonly provider: Provider;
  readonly product: Product;
  /** Can be seen here and never again: what is kept are digests. */
  readonly accessToken: string;
  readonly providerKey: string;
}

const providerKeyBytes = 16;

/**
 * A provider that can be used at once: with an admin, an access token for everything, the fields that every provider
 * has, and one product, with plans that need no approval.
 */
export async function setUpProvider(
  tx: Transaction,
  setup: ProviderSetup,
): Promise<NewProvider | { readonly refused: FieldErrors }> {
  const refused = mergeErrors(judgeProviderSetup(setup));
  if (!isFine(refused)) return { refused };
  const { name, subdomain, now, providerKey = randomHex(providerKeyBytes) } = setup;

  const id = await insertTenant(tx, subdomain);
  if (id === undefined) return { refused: { subdomain: ["has already been taken"] } };
  const provider = await insertProvider(tx, { id, name, subdomain, providerKeyDigest: digestOf(providerKey), now });
  await insertStandardFields(tx, id, now);
  const product = await insertFirstProduct(tx, id, now);
  return { provider, product, accessToken: await makeAdmin(tx, id, setup), providerKey };
}

async function insertFirstProduct(tx: Transaction, providerId: number, now: Date): Promise<Product> {
  const product = await insertProduct(tx, { providerId, name: "API", systemName: "api", backendVersion: "1", now });
  if (!product) throw new Error("The first product of a provider is there already.");
  const ofProvider = { providerId, now };
  const ofProduct = { ...ofProvider, productId: product.id };
  const fallback = { name: "Default", systemName: "default", state: "published" } as const;
  await insertDefaultPlan(tx, { ...ofProvider, ...fallback, kind: "account_plan", productId: null });
  await insertDefaultPlan(tx, { ...ofProduct, ...fallback, kind: "service_plan" });
  const basic = { name: "Basic", systemName: "basic", state: "published" } as const;
  await insertDefaultPlan(tx, { ...ofProduct, ...basic, kind: "application_plan" });
  return product;
}

/** The provider's first user, with a token that opens all that an admin can do. Answers with the token's value. */
async function makeAdmin(
  tx: Transaction,
  providerId: number,
  { adminUsername: username, adminPassword, accessToken }: ProviderSetup,
): Promise<string> {
  const passwordHash = await hashPassword(adminPassword, { providerId });
  const admin = await createProviderUser(tx, { providerId, username, passwordHash, role: "admin" });
  const { value } = await createAccessToken(tx, {
    providerId,
    userId: admin.id,
    name: "First token",
    scopes,
    permission: "rw",
    ...(accessToken === undefined ? {} : { value: accessToken }),
  });
  return value;
}
