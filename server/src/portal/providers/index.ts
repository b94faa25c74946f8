import { type AccessToken, findTokenStatement } from "#access/index.ts";
import { type AsJson, type Database, queryRow, type Transaction } from "#platform/database/database.ts";
import { parseIsoTime } from "#platform/times.ts";
import { secretDigest } from "#platform/ids.ts";
import type { TenantCache } from "#cells/index.ts";

/** An API provider: a tenant with its own developer accounts. */
export interface Provider {
  readonly id: number;
  readonly name: string;
  readonly subdomain: string;
  readonly state: "approved" | "suspended" | "scheduled_for_deletion";
  /** IANA time zone of timestamps in documents. */
  readonly timeZone: string;
  readonly webHooks: "denied" | "hidden" | "visible";
  readonly signupsEnabled: boolean;
  /** True if new developers must confirm their email address. Null if that depends on a configured mail server. */
  readonly emailActivation: boolean | null;
  readonly passwordLengthMin: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

interface Portals {
  /** Returns the public base URL of a provider's Developer Portal, without a trailing slash. */
  readonly developerPortalUrl: (provider: Provider) => string;
}

/** Returns the URL of a mailed link. The code proves that the mail was received. */
type UrlOf = (code: string) => string;

export const invitationUrl =
  ({ developerPortalUrl }: Portals, provider: Provider): UrlOf =>
  (code) =>
    `${developerPortalUrl(provider)}/signup/${code}`;

export const activationUrl =
  ({ developerPortalUrl }: Portals, provider: Provider): UrlOf =>
  (code) =>
    `${developerPortalUrl(provider)}/activate/${code}`;

/** Returns the address of a message in the Developer Portal. */
export const messageUrl =
  ({ developerPortalUrl }: Portals, provider: Provider): ((id: number) => string) =>
  (id) =>
    `${developerPortalUrl(provider)}/messages/${id}`;

export const logInUrl = ({ developerPortalUrl }: Portals, provider: Provider): string =>
  `${developerPortalUrl(provider)}/login`;

const providerColumns = `id, name, subdomain, state, time_zone, web_hooks,
  signups_enabled, email_activation,
  password_length_min, created_at, updated_at`;

const readProviderStatement = `select ${providerColumns} from providers where id = $1`;

export async function readProvider(db: Database, id: number): Promise<Provider | undefined> {
  const [provider] = await db.query<Provider>(readProviderStatement, [id]);
  return provider;
}

const readFirstProviderStatement = `select ${providerColumns} from providers order by id limit 1`;

/** Returns the oldest provider, which serves every host if there is no base domain. */
export async function readFirstProvider(db: Database): Promise<Provider | undefined> {
  const [provider] = await db.query<Provider>(readFirstProviderStatement);
  return provider;
}

const insertProviderStatement = `
  insert into providers (id, name, subdomain, provider_key_digest, created_at, updated_at)
  values ($1, $2, $3, $4, $5, $5)
  returning ${providerColumns}`;

interface NewProvider {
  readonly id: number;
  readonly name: string;
  readonly subdomain: string;
  readonly providerKeyDigest: Buffer;
  readonly now: Date;
}

export async function insertProvider(tx: Transaction, provider: NewProvider): Promise<Provider> {
  const { id, name, subdomain, providerKeyDigest, now } = provider;
  return queryRow<Provider>(tx, insertProviderStatement, [id, name, subdomain, providerKeyDigest, now]);
}

const findByKeyStatement = `select id from providers where id = $1 and provider_key_digest = $2`;

/** Returns the provider's id if `value` is its provider key. */
export async function findProviderByKey(
  db: Database,
  providerId: number,
  value: string,
): Promise<{ id: number } | undefined> {
  const [provider] = await db.query<{ id: number }>(findByKeyStatement, [providerId, secretDigest(value)]);
  return provider;
}

// Every request begins with this, so it is one round trip. Served by the primary key and the unique key on the token's digest. A
// provider that has left for another cell is deleted here table by table, so what is left of it may not be read.
// @indexed
const readWithTokenStatement = `
  select ${providerColumns}, (select to_json(token) from (${findTokenStatement}) token) as token
  from providers
  where id = $1 and not exists (select from provider_moves where provider = $1 and state = 'left')`;

export interface ProviderWithToken {
  readonly provider: Provider;
  /** Undefined if the value is no valid token of the provider. */
  readonly token: AccessToken | undefined;
}

/** Returns a provider with the access token that a request presents. Undefined if the provider is not in this cell. */
export async function readProviderWithToken(
  db: Database,
  { providerId, value, now }: { providerId: number; value: string | undefined; now: Date },
): Promise<ProviderWithToken | undefined> {
  const digest = value === undefined ? null : secretDigest(value);
  const [row] = await db.query<Provider & { token: AsJson<AccessToken> | null }>(readWithTokenStatement, [
    providerId,
    digest,
    now,
  ]);
  if (!row) return undefined;
  const { token, ...provider } = row;
  return { provider, token: token ? tokenOfJson(token) : undefined };
}

const tokenOfJson = (token: AsJson<AccessToken>): AccessToken => ({
  ...token,
  expiresAt: token.expiresAt === null ? null : parseIsoTime(token.expiresAt),
});

/** The part of the product that a host serves: the Developer Portal, the admin side, or both without a base domain. */
export type Side = "developer" | "admin" | "both";

/** The provider of a host, and its cell. */
export interface HostTenant {
  readonly providerId: number;
  readonly cell: number;
  readonly side: Side;
}

/** Creates a function that finds the provider of a host, its cell, and the side that the host serves. */
export const createFindTenant =
  (tenants: TenantCache, baseDomain: string | undefined) =>
  async (host: string): Promise<HostTenant | undefined> => {
    const named = readHost(host, baseDomain);
    const tenant = named && (await tenants.find(named.subdomain));
    return tenant && { providerId: tenant.providerId, cell: tenant.cell, side: named.side };
  };

/** Without a base domain, the first provider serves every host. */
const readHost = (
  host: string,
  baseDomain: string | undefined,
): { readonly subdomain: string | undefined; readonly side: Side } | undefined =>
  baseDomain === undefined ? { subdomain: undefined, side: "both" } : parseHost(host, baseDomain);

/**
 * Parses a host: `{subdomain}.BASE` is the Developer Portal, `{subdomain}-admin.BASE` the admin side. Ignores the port.
 */
export function parseHost(
  host: string,
  baseDomain: string,
): { subdomain: string; side: "developer" | "admin" } | undefined {
  const name = host.toLowerCase().replace(/:\d+$/, "").replace(/\.$/, "");
  const ending = `.${baseDomain.toLowerCase()}`;
  if (!name.endsWith(ending)) return undefined;
  const label = name.slice(0, -ending.length);
  if (label === "" || label.includes(".")) return undefined;
  return label.endsWith("-admin")
    ? { subdomain: label.slice(0, -"-admin".length), side: "admin" }
    : { subdomain: label, side: "developer" };
}

/**
 * Formats a time as ISO 8601 in whole seconds: `2026-03-01T09:00:00Z` in UTC, `2026-03-01T10:00:00+01:00` elsewhere.
 */
export function writeTimestamp(at: Date, timeZone: string): string {
  if (timeZone === "UTC" || timeZone === "Etc/UTC") return `${at.toISOString().slice(0, 19)}Z`;
  return Temporal.Instant.fromEpochMilliseconds(at.getTime()).toString({ timeZone, smallestUnit: "second" });
}

/** Formats a time as `2026-03-01 09:00:00 UTC`, which 3scale uses only in the XML of keys, referrer filters and API specifications. */
export const writeTimestampWithSpaces = (at: Date, timeZone: string): string =>
  writeTimestamp(at, timeZone)
    .replace("T", " ")
    .replace(/Z$/, " UTC")
    .replace(/([+-]\d\d):(\d\d)$/, " $1$2");

/**
 * Returns whether there is an IANA time zone of this name. Rejects offsets such as +05:30, which Node accepts, because
 * they have no daylight saving time.
 */
export function isTimeZone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    // Not cached: names can be spelled in many ways, so a client could fill the cache.
    return new Intl.DateTimeFormat("en-US", { timeZone: name }).resolvedOptions().timeZone !== "";
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}
