import type { Database, Transaction } from "#platform/database/database.ts";
import { UndecryptableValue, type Encryption } from "#platform/encryption/encryption.ts";
import { defaultEndpointName, type Endpoint, type EndpointSettings } from "./endpoint.ts";
import { maskUrl } from "./mask-url.ts";

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

const columns = `
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
  select ${columns} from endpoints
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

const readById = `select ${columns} from endpoints where provider_id = $1 and id = $2 and deleted_at is null`;

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

const readByName = `select ${columns} from endpoints where provider_id = $1 and name = $2 and deleted_at is null`;

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
const insert = `
  with made as (
    insert into endpoints (provider_id, name, description, url, url_masked, active, event_types, provider_actions,
      all_actors, format, headers, retry_waits_seconds, success, timeout_seconds, max_in_flight, max_per_second, ordering,
      include_credentials, state, secret)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)
    returning *
  ), lane as (
    insert into lanes (endpoint_id, provider_id) select id, provider_id from made
  )
  select ${columns} from made`;

export async function insertEndpoint(
  tx: Transaction,
  encryption: Encryption,
  { providerId, settings, secret }: { providerId: number; settings: EndpointSettings; secret: string },
): Promise<Endpoint> {
  const values = [...valuesOf(encryption, providerId, settings), encryption.encrypt(purposes.secret, secret)];
  const [row] = await tx.query<Row>(insert, values);
  if (!row) throw new Error("An insert gave no row.");
  return endpointOf(encryption, row);
}

// Only over the version that was read: of two changes at once, the second looks again.
const update = `
  update endpoints set name = $2, description = $3, url = $4, url_masked = $5, active = $6, event_types = $7,
    provider_actions = $8, all_actors = $9, format = $10, headers = $11, retry_waits_seconds = $12, success = $13,
    timeout_seconds = $14, max_in_flight = $15, max_per_second = $16, ordering = $17, include_credentials = $18,
    state = $19, disabled_reason = case when $19 = 'disabled' then disabled_reason end,
    version = version + 1, updated_at = now()
  where provider_id = $1 and id = $20 and version = $21 and deleted_at is null
  returning ${columns}`;

/** Undefined when somebody else has changed the endpoint since it was read. */
export async function updateEndpoint(
  tx: Transaction,
  encryption: Encryption,
  read: Endpoint,
  settings: EndpointSettings,
): Promise<Endpoint | undefined> {
  const values = [...valuesOf(encryption, read.providerId, settings), read.id, read.version];
  const [row] = await tx.query<Row>(update, values);
  return row && endpointOf(encryption, row);
}

const replace = `
  update endpoints set secret = $3, previous_secret = null, previous_secret_until = null
  where provider_id = $1 and id = $2
  returning ${columns}`;

/** Replaces the endpoint's secrets, without a time in which an older one signs too: none can be read any more. */
export async function replaceSecret(
  tx: Transaction,
  encryption: Encryption,
  { providerId, id, secret }: { providerId: number; id: number; secret: string },
): Promise<Endpoint | undefined> {
  const [row] = await tx.query<Row>(replace, [providerId, id, encryption.encrypt(purposes.secret, secret)]);
  return row && endpointOf(encryption, row);
}
