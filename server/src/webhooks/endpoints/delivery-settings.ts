import { leavingProviders } from "#platform/database/connection.ts";
import type { Database, Pool } from "#platform/database/database.ts";
import type { Encryption } from "#platform/encryption.ts";
import { chatFamilies, maskFailureUrls, type Reencrypted, undoEndedSeconds } from "#webhooks/deliveries/index.ts";
import { mask, maskEndpointUrl, type RepeatedSecret, urlSecrets } from "./check-endpoint.ts";
import {
  cipherColumns,
  decryptEndpoint,
  encryptSecret,
  type EndpointCiphers,
  type EndpointKey,
  isOutdated,
  purposes,
  reencryptRows,
  secretColumns,
  sendingColumns,
} from "./endpoint-table.ts";
import type { Endpoint, SendingField } from "./settings.ts";

/** The settings that the sender and an engine read. */
export interface DeliverySettings extends Pick<Endpoint, SendingField | "urlMasked" | "secrets" | "version"> {
  readonly endpointId: number;
  /** True for 3scale's webhook, which 3scale never disables. */
  readonly isDefault: boolean;
  /** The provider's admin URL, the source of its CloudEvents. */
  readonly eventSource: string;
  /** Are masked in responses. */
  readonly urlSecrets: readonly RepeatedSecret[];
  /** The URL as stored, kept with a failure to show its destination. */
  readonly urlCipher: Buffer;
  /** The record of these settings, to which attempts refer. */
  readonly sentSettingsId: number;
  /** How long the previous secret signs, from the time of the read. Null without one. */
  readonly previousSecretSeconds: number | null;
}

/** An endpoint whose settings this process cannot decrypt. Nothing is sent to it. */
export interface UndecryptableEndpoint {
  readonly endpointId: number;
  readonly undecryptable: string;
}

type Row = Omit<DeliverySettings, "url" | "urlSecrets" | "headers" | "secrets"> &
  EndpointCiphers &
  Pick<Endpoint, "format"> & {
    /** The provider is moving to another cell: engines let go of its lanes, as of paused ones. */
    readonly isLeaving: boolean;
  };

// Endpoints by the unique index on id, because an engine owns lanes of all providers; records by their unique index.
// Inserts a record only for a version that was not loaded before. If another engine does so at the same time, the
// update of a column to its own value returns that engine's row.
const deliverySettingsStatement = `
  with endpoint as (
    select provider_id, id as endpoint_id, name = 'default' as is_default, url_masked, format, version, ${sendingColumns},
      ${secretColumns},
      case when previous_secret_until > now() then extract(epoch from previous_secret_until - now())::float8 end
        as previous_secret_seconds,
      (select event_source from providers where providers.id = endpoints.provider_id),
      exists (select from provider_moves where provider = endpoints.provider_id and provider_moves.state in ('draining', 'frozen', 'left'))
        as is_leaving
    from endpoints
    where id = any($1) and deleted_at is null
  ), known as (
    select sent.id, sent.endpoint_id
    from endpoint
    join sent_settings sent on sent.provider_id = endpoint.provider_id and sent.endpoint_id = endpoint.endpoint_id
      and sent.version = endpoint.version and sent.user_agent = $2 and sent.event_source = endpoint.event_source
      and (sent.previous_secret is null) = (endpoint.previous_secret_cipher is null)
  ), added as (
    insert into sent_settings (provider_id, endpoint_id, version, url, headers, secret, previous_secret, event_source, user_agent)
    select provider_id, endpoint_id, version, url_cipher, headers_cipher, secret_cipher, previous_secret_cipher, event_source, $2
    from endpoint
    where not exists (select from known where known.endpoint_id = endpoint.endpoint_id)
    on conflict (provider_id, endpoint_id, version, user_agent, event_source, (previous_secret is null)) do update
      set version = excluded.version
    returning id, endpoint_id
  )
  select endpoint.*, sent.id as sent_settings_id
  from endpoint
  join (select * from known union all select * from added) sent on sent.endpoint_id = endpoint.endpoint_id`;

/**
 * Returns the settings of the endpoints that exist. They apply to the next attempt, also of deliveries recorded earlier.
 * An endpoint that cannot be decrypted does not fail the others. `userAgent` is the sender's, part of each request.
 */
export async function readDeliverySettings(
  db: Database,
  encryption: Encryption,
  { endpointIds, userAgent }: { readonly endpointIds: readonly number[]; readonly userAgent: string },
): Promise<readonly (DeliverySettings | UndecryptableEndpoint)[]> {
  const rows = await db.query<Row>(deliverySettingsStatement, [endpointIds, userAgent]);
  return rows.map(({ headersCipher, secretCipher, previousSecretCipher, isLeaving, format, ...settings }) => {
    const row = isLeaving ? { ...settings, state: "paused" as const } : settings;
    const ciphers = { urlCipher: row.urlCipher, headersCipher, secretCipher, previousSecretCipher };
    const { undecryptable, ...decrypted } = decryptEndpoint(encryption, ciphers);
    if (undecryptable !== null) return { endpointId: row.endpointId, undecryptable };
    return { ...row, ...decrypted, urlSecrets: urlSecrets({ url: decrypted.url, format }) };
  });
}

interface SecretRow extends Pick<EndpointCiphers, "urlCipher" | "secretCipher" | "previousSecretCipher"> {
  readonly endpointId: number;
  readonly endpointName: string;
  readonly previousSecretUntil: Date | null;
}

/** A secret that may have signed a request, and its endpoint. */
export interface SigningSecret {
  /** `whsec_` and base64. */
  readonly secret: string;
  readonly endpointId: number;
  readonly endpointName: string;
  /** Set for the secret before the last rotation, which signs until then. */
  readonly validUntil: Date | null;
}

// Only a chat program's URL has a masked path, so only candidates are decrypted.
const secretsStatement = `
  select id as endpoint_id, name as endpoint_name, url as url_cipher, secret as secret_cipher,
    previous_secret as previous_secret_cipher, previous_secret_until
  from endpoints
  where provider_id = $1 and deleted_at is null and (position($2 in url_masked) > 0 or format = any($3))
  order by id`;

/** Returns the secrets of the endpoints whose URL has this path and matches, also those that were replaced. */
export async function readSigningSecrets(
  db: Database,
  encryption: Encryption,
  { providerId, path, matches }: { providerId: number; path: string; matches: (url: URL) => boolean },
): Promise<readonly SigningSecret[]> {
  const rows = await db.query<SecretRow>(secretsStatement, [providerId, path, chatFamilies]);
  return rows.flatMap(({ endpointId, endpointName, previousSecretUntil, ...ciphers }) => {
    const decrypt = (secretCipher: Buffer) =>
      decryptEndpoint(encryption, {
        urlCipher: ciphers.urlCipher,
        headersCipher: null,
        secretCipher,
        previousSecretCipher: null,
      });
    const { url: text, secrets: current } = decrypt(ciphers.secretCipher);
    const url = URL.parse(text);
    if (!url || !matches(url)) return [];
    const previous = ciphers.previousSecretCipher ? decrypt(ciphers.previousSecretCipher).secrets : [];
    const endpoint = { endpointId, endpointName };
    return [
      ...current.map((secret) => ({ ...endpoint, secret, validUntil: null })),
      ...previous.map((secret) => ({ ...endpoint, secret, validUntil: previousSecretUntil })),
    ];
  });
}

/** The settings that past requests were made with. `readDeliverySettings` records them. Without secrets: erased. */
export interface SentSettings extends Pick<Endpoint, "url" | "headers" | "secrets" | "undecryptable"> {
  readonly id: number;
  readonly eventSource: string;
  readonly userAgent: string;
}

type SentRow = Pick<SentSettings, "id" | "eventSource" | "userAgent"> & EndpointCiphers;

const readSentStatement = `
  select id, event_source, user_agent, ${cipherColumns} from sent_settings where provider_id = $1 and id = any($2)`;

/** Returns the recorded settings by their ids. */
export async function readSentSettings(
  db: Database,
  encryption: Encryption,
  { providerId, ids }: { readonly providerId: number; readonly ids: readonly number[] },
): Promise<ReadonlyMap<number, SentSettings>> {
  if (ids.length === 0) return new Map();
  const rows = await db.query<SentRow>(readSentStatement, [providerId, ids]);
  return new Map(
    rows.map(({ id, eventSource, userAgent, ...ciphers }) => [
      id,
      { id, eventSource, userAgent, ...withoutErased(decryptEndpoint(encryption, ciphers)) },
    ]),
  );
}

/** In place of an erased secret, because the index of the records tells those with a previous secret apart. */
const erasedSecret = "";

const withoutErased = <Settings extends Pick<SentSettings, "secrets">>(settings: Settings): Settings => ({
  ...settings,
  secrets: settings.secrets.filter((secret) => secret !== erasedSecret),
});

/** Neither a pending delivery nor the undo of a deletion can give the endpoint another failure with its URL. */
const hasAllFailures = `
    not exists (select from due where due.endpoint_id = endpoints.id)
    and not exists (
      select from failure_deletions deletion
      join deleted_failures kept on kept.provider_id = deletion.provider_id and kept.deletion_id = deletion.id
        and kept.endpoint_id = endpoints.id
      where deletion.provider_id = endpoints.provider_id)`;

const unerasedStatement = `
  select provider_id, id, format from endpoints
  where deleted_at < clock_timestamp() - make_interval(secs => $1) and secret is not null
    and provider_id not in (${leavingProviders}) and ${hasAllFailures}
  order by deleted_at
  limit 1`;

const sentOfStatement = `
  select id, ${cipherColumns} from sent_settings where provider_id = $1 and endpoint_id = $2 order by id for update`;

const maskSentStatement = `
  update sent_settings sent
  set url = masked.url, headers = masked.headers, secret = masked.secret, previous_secret = masked.previous_secret
  from unnest($2::bigint[], $3::bytea[], $4::bytea[], $5::bytea[], $6::bytea[])
    as masked (id, url, headers, secret, previous_secret)
  where sent.provider_id = $1 and sent.id = masked.id`;

const deleteSentStatement = `delete from sent_settings where provider_id = $1 and id = any($2)`;

// Not if failures left the list before they could be masked, whether they have returned to it or not. A later run begins again. All
// conditions have one snapshot, in which a failure is on the list or still deleted.
const eraseStatement = `
  update endpoints set url = null, url_masked = '', headers = null, secret = null, previous_secret = null,
    previous_secret_until = null, description = null
  where provider_id = $1 and id = $2 and deleted_at is not null and ${hasAllFailures}
    and not exists (
      select from failures where failures.provider_id = $1 and failures.endpoint_id = $2 and failures.url <> all($3::bytea[]))`;

/**
 * Erases URL, headers and secrets of one endpoint whose deletion can no longer be undone. Its history, which stays, shows masked URLs
 * and the names of headers. Call it until it returns false: there is none, or `signal` has ended it before.
 */
export async function eraseDeletedEndpoint(pool: Pool, encryption: Encryption, signal?: AbortSignal): Promise<boolean> {
  const [endpoint] = await pool.query<EndpointKey & Pick<Endpoint, "format">>(unerasedStatement, [undoEndedSeconds]);
  if (!endpoint) return false;
  const maskUrl = (url: string): string => maskEndpointUrl({ url, format: endpoint.format });
  const maskedUrls = await maskFailureUrls(pool, encryption, { ...endpoint, maskUrl }, signal);
  if (!maskedUrls) return false;
  await pool.inTransaction(async (tx) => {
    const key = [endpoint.providerId, endpoint.id];
    const sent = await tx.query<EndpointCiphers & { readonly id: number }>(sentOfStatement, key);
    const masked = sent.flatMap(({ id, ...ciphers }) => {
      const changed = maskCiphers(encryption, ciphers, maskUrl);
      return changed ? [{ id, ...changed }] : [];
    });
    const known = new Set(masked.map(({ id }) => id));
    const undecryptable = sent.flatMap(({ id }) => (known.has(id) ? [] : [id]));
    tx.send(deleteSentStatement, [endpoint.providerId, undecryptable]);
    tx.send(maskSentStatement, [
      endpoint.providerId,
      masked.map(({ id }) => id),
      masked.map(({ urlCipher }) => urlCipher),
      masked.map(({ headersCipher }) => headersCipher),
      masked.map(({ secretCipher }) => secretCipher),
      masked.map(({ previousSecretCipher }) => previousSecretCipher),
    ]);
    await tx.query(eraseStatement, [...key, maskedUrls]);
  });
  return true;
}

/** Keeps what history shows: the masked URL, and the names of headers. Undefined if a value cannot be decrypted. */
function maskCiphers(
  encryption: Encryption,
  ciphers: EndpointCiphers,
  maskUrl: (url: string) => string,
): EndpointCiphers | undefined {
  const { url, headers, undecryptable } = decryptEndpoint(encryption, ciphers);
  if (undecryptable !== null) return undefined;
  const names = JSON.stringify(Object.fromEntries(Object.keys(headers).map((name) => [name, mask])));
  return {
    urlCipher: encryption.encrypt(purposes.url, maskUrl(url)),
    headersCipher: ciphers.headersCipher && encryption.encrypt(purposes.headers, names),
    secretCipher: encryptSecret(encryption, erasedSecret),
    previousSecretCipher: ciphers.previousSecretCipher && encryptSecret(encryption, erasedSecret),
  };
}

// A record is used until a newer one of its endpoint exists or the endpoint is deleted. Attempts that refer to it expire
// with the history, except those of deliveries that are due, on the failure list, or return to it with an undo.
const deleteStatement = `
  delete from sent_settings
  where (provider_id, id) in (
    select sent.provider_id, sent.id
    from (select $1::timestamptz - make_interval(days => $2::integer + 1) as before) expiry
    join sent_settings sent on sent.recorded_at < expiry.before
    where sent.provider_id not in (${leavingProviders})
      and (exists (select from sent_settings newer
        where newer.provider_id = sent.provider_id and newer.endpoint_id = sent.endpoint_id
          and newer.recorded_at > sent.recorded_at and newer.recorded_at < expiry.before)
      or exists (select from endpoints
        where endpoints.provider_id = sent.provider_id and endpoints.id = sent.endpoint_id
          and endpoints.deleted_at < expiry.before))
      and not exists (select from failures
        where failures.provider_id = sent.provider_id and failures.endpoint_id = sent.endpoint_id
          and failures.event_id < uuid_v7_floor(expiry.before))
      and not exists (select from deleted_failures
        where deleted_failures.provider_id = sent.provider_id and deleted_failures.endpoint_id = sent.endpoint_id
          and deleted_failures.event_id < uuid_v7_floor(expiry.before))
      and not exists (select from due
        where due.endpoint_id = sent.endpoint_id and due.event_id < uuid_v7_floor(expiry.before))
    limit 1000)
  returning id`;

/**
 * Deletes records to which no stored attempt refers, at most 1,000, and returns their number. The history keeps whole
 * days, so a record outlives its end by a day more.
 */
export async function deleteOldSentSettings(db: Database, now: Date, retentionDays: number): Promise<number> {
  return (await db.query(deleteStatement, [now, retentionDays])).length;
}

const selectOutdated = `
  select provider_id, id, ${cipherColumns}
  from sent_settings
  where id > $1 and ${isOutdated}
  order by id
  limit $3
  for update`;

const updateCiphers = `
  update sent_settings set url = $3, headers = $4, secret = $5, previous_secret = $6
  where provider_id = $1 and id = $2`;

/** Encrypts the values of older keys with the newest one. */
export const reencryptSentSettings = (pool: Pool, encryption: Encryption): Promise<Reencrypted> =>
  reencryptRows(pool, encryption, { selectOutdated, updateCiphers });
