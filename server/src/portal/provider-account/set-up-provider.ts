import { defaultCell, findTenant, insertTenant } from "#cells/index.ts";
import { createAccessToken, createProviderUser, type PasswordHasher, scopes } from "#access/index.ts";
import type { Pool, Transaction } from "#platform/database/database.ts";
import { randomHex, secretDigest } from "#platform/ids.ts";
import { type FieldErrors, hasNoErrors, insertStandardFields, mergeErrors } from "#portal/fields/index.ts";
import { type Product, insertDefaultPlan, insertProduct } from "#portal/products/index.ts";
import { type Provider, insertProvider } from "#portal/providers/index.ts";
import { passwordErrors, userNameErrors } from "#portal/users/index.ts";
import { providerNameErrors } from "./provider-settings.ts";

/** A new provider. Credentials that are left out are random. */
interface ProviderSetup {
  readonly name: string;
  readonly subdomain: string;
  readonly adminUsername: string;
  readonly adminPassword: string;
  readonly accessToken?: string | undefined;
  readonly providerKey?: string | undefined;
  /** The cell of the transaction; the default one if left out. */
  readonly cell?: number;
  /** The id, if the subdomain is reserved already: the directory is in another database than the cell. */
  readonly reservedId?: number | undefined;
  readonly now: Date;
}

const subdomainPattern = /^[a-z0-9]([a-z0-9-]{0,48}[a-z0-9])?$/;

/** The length that a new provider requires until it changes `password_length_min`: the default of that column. */
const passwordLengthMin = 12;

/** Validates the names of a new provider, and its first admin. */
export function providerSetupErrors({ name, subdomain, adminUsername, adminPassword }: ProviderSetup): FieldErrors {
  const wrongSubdomain = subdomain.endsWith("-admin")
    ? ["must not end in -admin, which is added for the Admin Portal"]
    : ["must be at most 50 lowercase letters, digits and hyphens, without a hyphen at either end"];
  const given = { password: adminPassword, confirmation: undefined, isRequired: true, lengthMin: passwordLengthMin };
  const isValid = subdomainPattern.test(subdomain) && !subdomain.endsWith("-admin");
  return {
    name: providerNameErrors(name),
    subdomain: isValid ? [] : wrongSubdomain,
    "admin-username": userNameErrors({ username: adminUsername, email: null }).username ?? [],
    "admin-password": passwordErrors(given).password ?? [],
  };
}

export interface NewProvider {
  readonly provider: Provider;
  readonly product: Product;
  /** Returned only here, because only digests are stored. */
  readonly accessToken: string;
  readonly providerKey: string;
}

const providerKeyBytes = 16;

/**
 * Creates a provider that is ready to use, with an admin, an access token with all scopes, the standard fields, and one
 * product with plans that need no approval.
 */
export async function setUpProvider(
  tx: Transaction,
  passwords: PasswordHasher,
  setup: ProviderSetup,
): Promise<NewProvider | { readonly refused: FieldErrors }> {
  const refused = mergeErrors(providerSetupErrors(setup));
  if (!hasNoErrors(refused)) return { refused };
  const { name, subdomain, now, cell = defaultCell, reservedId, providerKey = randomHex(providerKeyBytes) } = setup;

  const id = reservedId ?? (await insertTenant(tx, { subdomain, cell }));
  if (id === undefined) return { refused: { subdomain: ["has already been taken"] } };
  const provider = await insertProvider(tx, { id, name, subdomain, providerKeyDigest: secretDigest(providerKey), now });
  await insertStandardFields(tx, id, now);
  const product = await insertFirstProduct(tx, id, now);
  return { provider, product, accessToken: await makeAdmin(tx, id, setup, passwords), providerKey };
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

/** Inserts the provider's first admin with an access token of all scopes, and returns the token's value. */
async function makeAdmin(
  tx: Transaction,
  providerId: number,
  { adminUsername: username, adminPassword, accessToken }: ProviderSetup,
  passwords: PasswordHasher,
): Promise<string> {
  const passwordHash = await passwords.hash(adminPassword, { providerId });
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

// Held until the transaction ends. If several processes find an empty database, one creates the provider and the others
// wait and then find it.
const lockFirstProviderStatement = `select pg_advisory_xact_lock(hashtext('bellwire first provider'))`;

/** Creates the first provider. Returns undefined if there is one already, in any cell. */
export async function setUpFirstProvider(
  pool: Pool,
  passwords: PasswordHasher,
  setup: ProviderSetup,
): Promise<NewProvider | { readonly refused: FieldErrors } | undefined> {
  if (await findTenant(pool, undefined)) return undefined;
  return pool.inTransaction(async (tx) => {
    await tx.query(lockFirstProviderStatement);
    return (await findTenant(tx, undefined)) ? undefined : setUpProvider(tx, passwords, setup);
  });
}
