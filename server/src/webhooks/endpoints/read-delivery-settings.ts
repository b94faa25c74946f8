import type { Database } from "#platform/database/database.ts";
import type { Encryption } from "#platform/encryption/encryption.ts";
import type { Endpoint } from "./endpoint.ts";
import { decryptHeaders, decryptSecrets, purposes } from "./endpoints-table.ts";

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

type Row = Omit<DeliverySettings, "url" | "headers" | "secrets"> & {
  readonly headersCipher: Buffer | null;
  readonly secretCipher: Buffer;
  readonly previousSecretCipher: Buffer | null;
};

// By the unique index on id: an engine owns lanes, whosever they are. Nothing is locked.
const statement = `
  select id as "endpointId", name = 'default' as "isDefault", url as "urlCipher", url_masked as "urlMasked",
    headers as "headersCipher", secret as "secretCipher",
    case when previous_secret_until > now() then previous_secret end as "previousSecretCipher",
    retry_waits_seconds as "retryWaitsSeconds", success, timeout_seconds as "timeoutSeconds",
    max_in_flight as "maxInFlight", max_per_second as "maxPerSecond", active, state, version,
    (select event_source from providers where providers.id = endpoints.provider_id) as "eventSource"
  from endpoints
  where id = any($1) and deleted_at is null`;

/** Those of the endpoints that are there. What they say counts for the next attempt, of old deliveries too. */
export async function readDeliverySettings(
  db: Database,
  encryption: Encryption,
  endpointIds: readonly number[],
): Promise<readonly DeliverySettings[]> {
  const rows = await db.query<Row>(statement, [endpointIds]);
  return rows.map(({ headersCipher, secretCipher, previousSecretCipher, ...row }) => ({
    ...row,
    url: encryption.decrypt(purposes.url, row.urlCipher),
    headers: decryptHeaders(encryption, headersCipher),
    secrets: decryptSecrets(encryption, [secretCipher, previousSecretCipher]),
  }));
}
