import type { Database, Pool, Transaction } from "#platform/database/database.ts";
import { type Encryption, UndecryptableValue } from "#platform/encryption.ts";
import type { Reencrypted } from "#webhooks/deliveries/index.ts";
import { maskUrl } from "./check-endpoint.ts";
import { type Endpoint, type EndpointSettings, defaultEndpointName } from "./settings.ts";

export const purposes = { url: "endpoint url", headers: "endpoint headers", secret: "endpoint secret" } as const;

/** An endpoint's encrypted columns as stored. */
export interface EndpointCiphers {
  readonly urlCipher: Buffer;
  readonly headersCipher: Buffer | null;
  readonly secretCipher: Buffer;
  readonly previousSecretCipher: Buffer | null;
}

type Decrypted = Pick<Endpoint, "url" | "headers" | "secrets" | "undecryptable">;
type Row = Omit<Endpoint, keyof Decrypted> & EndpointCiphers;

const endpointColumns = `
  provider_id, id, name, description, url as "urlCipher", url_masked, active,
  event_types, provider_actions, all_actors, format,
  headers as "headersCipher", secret as "secretCipher",
  case when previous_secret_until > now() then previous_secret end as "previousSecretCipher",
  case when previous_secret_until > now() then previous_secret_until end as "previousSecretUntil",
  retry_waits_seconds, success, timeout_seconds, max_in_flight,
  max_per_second, ordering, include_credentials, state,
  disabled_reason,
  (select not_before from lanes where lanes.endpoint_id = id and lanes.owner is null and not_before > now()) as "heldUntil", version, created_at, updated_at`;

function endpointOf(encryption: Encryption, row: Row): Endpoint {
  const { urlCipher, headersCipher, secretCipher, previousSecretCipher, ...open } = row;
  return {
    ...open,
    ...decryptEndpoint(encryption, { urlCipher, headersCipher, secretCipher, previousSecretCipher }),
  };
}

/** Decrypts an endpoint's settings. Those that no key can read are empty, and `undecryptable` says why. */
export function decryptEndpoint(encryption: Encryption, ciphers: EndpointCiphers): Decrypted {
  let undecryptable: string | null = null;
  const decrypt = (purpose: string, cipher: Buffer | null): string | undefined => {
    try {
      return cipher ? encryption.decrypt(purpose, cipher) : undefined;
    } catch (error) {
      if (!(error instanceof UndecryptableValue)) throw error;
      undecryptable ??= error.message;
      return undefined;
    }
  };
  const url = decrypt(purposes.url, ciphers.urlCipher) ?? "";
  const headers = JSON.parse(decrypt(purposes.headers, ciphers.headersCipher) ?? "{}");
  const secrets = [ciphers.secretCipher, ciphers.previousSecretCipher].flatMap(
    (cipher) => decrypt(purposes.secret, cipher) ?? [],
  );
  return { url, headers, secrets, undecryptable };
}

const listAfter = `
  select ${endpointColumns} from endpoints
  where provider_id = $1 and id > $2 and deleted_at is null
  order by id
  limit $3`;

export async function listEndpoints(
  db: Database,
  encryption: Encryption,
  { providerId, afterId = 0, limit }: { providerId: number; afterId?: number | undefined; limit: number },
): Promise<Endpoint[]> {
  const rows = await db.query<Row>(listAfter, [providerId, afterId, limit]);
  return rows.map((row) => endpointOf(encryption, row));
}

const readById = `select ${endpointColumns} from endpoints where provider_id = $1 and id = $2 and deleted_at is null`;

export async function readEndpoint(
  db: Database,
  encryption: Encryption,
  { providerId, id }: { providerId: number; id: number },
): Promise<Endpoint | undefined> {
  const [row] = await db.query<Row>(readById, [providerId, id]);
  return row && endpointOf(encryption, row);
}

const readDeleted = `select from endpoints where provider_id = $1 and id = $2 and deleted_at is not null`;

/** Whether the provider had this endpoint, and has it no more. */
export async function isDeletedEndpoint(
  db: Database,
  { providerId, id }: { providerId: number; id: number },
): Promise<boolean> {
  return (await db.query(readDeleted, [providerId, id])).length > 0;
}

const readByName = `select ${endpointColumns} from endpoints where provider_id = $1 and name = $2 and deleted_at is null`;

/** The endpoint that 3scale's page and API show as "the webhook", if the provider has it. */
export async function readDefaultEndpoint(
  db: Database,
  encryption: Encryption,
  providerId: number,
): Promise<Endpoint | undefined> {
  const [row] = await db.query<Row>(readByName, [providerId, defaultEndpointName]);
  return row && endpointOf(encryption, row);
}

/** The values of $1 to $19 in the two statements below. */
const valuesOf = (encryption: Encryption, providerId: number, it: EndpointSettings): readonly unknown[] => [
  providerId,
  it.name,
  it.description,
  encryption.encrypt(purposes.url, it.url),
  maskUrl(it.url),
  it.active,
  it.eventTypes,
  it.providerActions,
  it.allActors,
  it.format,
  Object.keys(it.headers).length > 0 ? encryption.encrypt(purposes.headers, JSON.stringify(it.headers)) : null,
  it.retryWaitsSeconds,
  it.success,
  it.timeoutSeconds,
  it.maxInFlight,
  it.maxPerSecond,
  it.ordering,
  it.includeCredentials,
  it.state,
];

// An endpoint and its lane, which engines own. A name that is taken is a unique violation.
const insertStatement = `
  with made as (
    insert into endpoints (provider_id, name, description, url, url_masked, active, event_types, provider_actions,
      all_actors, format, headers, retry_waits_seconds, success, timeout_seconds, max_in_flight, max_per_second, ordering,
      include_credentials, state, secret)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)
    returning *
  ), lane as (
    insert into lanes (endpoint_id, provider_id) select id, provider_id from made
  )
  select ${endpointColumns} from made`;

export async function insertEndpoint(
  tx: Transaction,
  encryption: Encryption,
  { providerId, settings, secret }: { providerId: number; settings: EndpointSettings; secret: string },
): Promise<Endpoint> {
  const values = [...valuesOf(encryption, providerId, settings), encryption.encrypt(purposes.secret, secret)];
  const [row] = await tx.query<Row>(insertStatement, values);
  if (!row) throw new Error("An insert gave no row.");
  return endpointOf(encryption, row);
}

// Only over the version that was read: of two changes at once, the second looks again.
const updateStatement = `
  update endpoints set name = $2, description = $3, url = $4, url_masked = $5, active = $6, event_types = $7,
    provider_actions = $8, all_actors = $9, format = $10, headers = $11, retry_waits_seconds = $12, success = $13,
    timeout_seconds = $14, max_in_flight = $15, max_per_second = $16, ordering = $17, include_credentials = $18,
    state = $19, disabled_reason = case when $19 = 'disabled' then disabled_reason end,
    version = version + 1, updated_at = now()
  where provider_id = $1 and id = $20 and version = $21 and deleted_at is null
  returning ${endpointColumns}`;

/** Undefined when somebody else has changed the endpoint since it was read. */
export async function updateEndpointRow(
  tx: Transaction,
  encryption: Encryption,
  read: Endpoint,
  settings: EndpointSettings,
): Promise<Endpoint | undefined> {
  const values = [...valuesOf(encryption, read.providerId, settings), read.id, read.version];
  const [row] = await tx.query<Row>(updateStatement, values);
  return row && endpointOf(encryption, row);
}

const replaceSecretStatement = `
  update endpoints set secret = $3, previous_secret = null, previous_secret_until = null
  where provider_id = $1 and id = $2
  returning ${endpointColumns}`;

/** Replaces the endpoint's secrets, without a time in which an older one signs too: none can be read any more. */
export async function replaceSecret(
  tx: Transaction,
  encryption: Encryption,
  { providerId, id, secret }: { providerId: number; id: number; secret: string },
): Promise<Endpoint | undefined> {
  const [row] = await tx.query<Row>(replaceSecretStatement, [
    providerId,
    id,
    encryption.encrypt(purposes.secret, secret),
  ]);
  return row && endpointOf(encryption, row);
}

interface EncryptedEndpoint extends EndpointCiphers {
  readonly providerId: number;
  readonly id: number;
}

const batchRows = 100;

// By id, so that each endpoint is looked at once: those that cannot be decrypted stay as they are. Deleted ones too, since
// their failures may still be listed. The four bytes behind the version name a ciphertext's key. Locked, so that a change at the same time waits and is then refused as outdated.
const selectOutdated = `
  select provider_id, id, url as "urlCipher", headers as "headersCipher", secret as "secretCipher",
    previous_secret as "previousSecretCipher"
  from endpoints
  where id > $1 and $2::bytea <> any(array[substring(url from 2 for 4), substring(secret from 2 for 4),
    coalesce(substring(headers from 2 for 4), $2), coalesce(substring(previous_secret from 2 for 4), $2)])
  order by id
  limit $3
  for update`;

// The version tells engines to read the endpoint again: failures that they record keep the URL as they have it.
const updateCiphers = `
  update endpoints set url = $3, headers = $4, secret = $5, previous_secret = $6, version = version + 1
  where provider_id = $1 and id = $2`;

/** Encrypts with the newest key whatever of the endpoints an older key encrypted, 100 endpoints a transaction. */
export async function reencryptEndpoints(pool: Pool, encryption: Encryption): Promise<Reencrypted> {
  let [done, left, after] = [0, 0, 0];
  for (;;) {
    const rows = await pool.inTransaction(async (tx) => {
      const batch = await tx.query<EncryptedEndpoint>(selectOutdated, [after, encryption.keyIds[0], batchRows]);
      for (const row of batch) {
        const changed = reencryptRow(encryption, row);
        if (changed) await updateEndpointCiphers(tx, row, changed);
        if (changed) done += 1;
        else left += 1;
      }
      return batch;
    });
    after = rows.at(-1)?.id ?? after;
    if (rows.length < batchRows) return { done, left };
  }
}

async function updateEndpointCiphers(
  tx: Transaction,
  { providerId, id }: EncryptedEndpoint,
  it: EndpointCiphers,
): Promise<void> {
  const values = [it.urlCipher, it.headersCipher, it.secretCipher, it.previousSecretCipher];
  await tx.query(updateCiphers, [providerId, id, ...values]);
  tx.hintAfterCommit("endpoints", String(id));
}

/** Returns undefined if a value of the endpoint cannot be decrypted. */
function reencryptRow(encryption: Encryption, row: EndpointCiphers): EndpointCiphers | undefined {
  const reencrypt = (purpose: string, cipher: Buffer): Buffer => encryption.reencrypt(purpose, cipher) ?? cipher;
  const { urlCipher, headersCipher, secretCipher, previousSecretCipher } = row;
  try {
    return {
      urlCipher: reencrypt(purposes.url, urlCipher),
      headersCipher: headersCipher && reencrypt(purposes.headers, headersCipher),
      secretCipher: reencrypt(purposes.secret, secretCipher),
      previousSecretCipher: previousSecretCipher && reencrypt(purposes.secret, previousSecretCipher),
    };
  } catch (error) {
    if (error instanceof UndecryptableValue) return undefined;
    throw error;
  }
}
