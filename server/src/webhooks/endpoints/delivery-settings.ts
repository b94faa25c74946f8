import type { Database } from "#platform/database/database.ts";
import type { Encryption } from "#platform/encryption.ts";
import { type EndpointCiphers, decryptEndpoint } from "./endpoint-table.ts";
import type { Endpoint } from "./settings.ts";

/** What an engine needs to deliver to an endpoint. */
export interface DeliverySettings extends Pick<
  Endpoint,
  | "url"
  | "urlMasked"
  | "headers"
  | "secrets"
  | "retryWaitsSeconds"
  | "success"
  | "timeoutSeconds"
  | "maxInFlight"
  | "maxPerSecond"
  | "active"
  | "state"
  | "version"
> {
  readonly endpointId: number;
  /** The one that 3scale's page and API show: 3scale never disables it. */
  readonly isDefault: boolean;
  /** How the outside reaches the provider: what CloudEvents name as their source. */
  readonly eventSource: string;
  /** As stored: kept with a failure, to tell where it went. */
  readonly urlCipher: Buffer;
}

/** An endpoint whose settings this process cannot decrypt: nothing is sent to it until somebody can. */
export interface UndecryptableEndpoint {
  readonly endpointId: number;
  readonly undecryptable: string;
}

type Row = Omit<DeliverySettings, "url" | "headers" | "secrets"> & EndpointCiphers;

// By the unique index on id: an engine owns lanes, whosever they are. Nothing is locked.
const deliverySettingsStatement = `
  select id as "endpointId", name = 'default' as "isDefault", url as "urlCipher", url_masked as "urlMasked",
    headers as "headersCipher", secret as "secretCipher",
    case when previous_secret_until > now() then previous_secret end as "previousSecretCipher",
    retry_waits_seconds as "retryWaitsSeconds", success, timeout_seconds as "timeoutSeconds",
    max_in_flight as "maxInFlight", max_per_second as "maxPerSecond", active, state, version,
    (select event_source from providers where providers.id = endpoints.provider_id) as "eventSource"
  from endpoints
  where id = any($1) and deleted_at is null`;

/**
 * Returns the settings of those endpoints that exist. They apply to the next attempt, also of old deliveries. One endpoint
 * that cannot be decrypted does not keep the others from being read.
 */
export async function readDeliverySettings(
  db: Database,
  encryption: Encryption,
  endpointIds: readonly number[],
): Promise<readonly (DeliverySettings | UndecryptableEndpoint)[]> {
  const rows = await db.query<Row>(deliverySettingsStatement, [endpointIds]);
  return rows.map(({ headersCipher, secretCipher, previousSecretCipher, ...row }) => {
    const ciphers = { urlCipher: row.urlCipher, headersCipher, secretCipher, previousSecretCipher };
    const { undecryptable, ...decrypted } = decryptEndpoint(encryption, ciphers);
    return undecryptable === null ? { ...row, ...decrypted } : { endpointId: row.endpointId, undecryptable };
  });
}

type SecretRow = Omit<EndpointCiphers, "headersCipher">;

// The path of a URL is not masked, so only candidates are decrypted.
const secretsStatement = `
  select url as "urlCipher", secret as "secretCipher",
    case when previous_secret_until > now() then previous_secret end as "previousSecretCipher"
  from endpoints
  where provider_id = $1 and deleted_at is null and position($2 in url_masked) > 0
  order by id`;

/** The secrets with which endpoints sign what they send to a URL with this path, which `leadsThere` recognises. */
export async function readSigningSecrets(
  db: Database,
  encryption: Encryption,
  { providerId, path, leadsThere }: { providerId: number; path: string; leadsThere: (url: URL) => boolean },
): Promise<readonly string[]> {
  const rows = await db.query<SecretRow>(secretsStatement, [providerId, path]);
  return rows.flatMap((row) => {
    const { url: text, secrets } = decryptEndpoint(encryption, { ...row, headersCipher: null });
    const url = URL.parse(text);
    return url && leadsThere(url) ? secrets : [];
  });
}
