import { randomBytes } from "node:crypto";
import { propertyName } from "#platform/database/values.ts";
import type { Database, Pool, Transaction } from "#platform/database/database.ts";
import { type Encryption, ifDecryptable, UndecryptableValue } from "#platform/encryption.ts";
import { type Reencrypted, insertLane } from "#webhooks/deliveries/index.ts";
import { maskEndpointUrl } from "./check-endpoint.ts";
import {
  type EncryptedField,
  type Endpoint,
  type EndpointSettings,
  defaultEndpointName,
  endpointSettings,
  settingEntries,
} from "./settings.ts";

export const purposes = {
  url: endpointSettings.url.purpose,
  headers: endpointSettings.headers.purpose,
  secret: "endpoint secret",
} as const;

export const encryptSecret = (encryption: Encryption, secret: string): Buffer =>
  encryption.encrypt(purposes.secret, secret);

/** Standard Webhooks: 24 to 64 bytes in base64, after a prefix that secret scanners know. */
export const newSecret = (): string => `whsec_${randomBytes(32).toString("base64")}`;

/** The encrypted columns of an endpoint as stored. An erased endpoint has none. */
export interface EndpointCiphers {
  readonly urlCipher: Buffer;
  readonly headersCipher: Buffer | null;
  readonly secretCipher: Buffer;
  readonly previousSecretCipher: Buffer | null;
}

type Decrypted = Pick<Endpoint, EncryptedField | "secrets" | "undecryptable">;
type Row = Omit<Endpoint, keyof Decrypted> & EndpointCiphers;

/** Returns a select list. Encrypted columns are read as `…Cipher`. */
const selectList = (settings: typeof settingEntries): string =>
  settings
    .map(([column, { purpose }]) => (purpose === undefined ? column : `${column} as ${column}_cipher`))
    .join(", ");

/** Selects the secrets that sign now. */
export const secretColumns = `secret as secret_cipher,
  case when previous_secret_until > now() then previous_secret end as previous_secret_cipher`;

/** Selects the settings that the sender reads. */
export const sendingColumns = selectList(settingEntries.filter(([, { sends }]) => sends));

const endpointColumns = `
  provider_id, id, url_masked, ${selectList(settingEntries)}, ${secretColumns},
  case when previous_secret_until > now() then previous_secret_until end as previous_secret_until, disabled_reason,
  (select not_before from lanes where lanes.endpoint_id = id and lanes.owner is null and not_before > now() and not_before < 'infinity') as held_until,
  coalesce((select not_before = 'infinity' from lanes where lanes.endpoint_id = id), false) as "isHeldAfterRestore",
  version, created_at, updated_at`;

function endpointOf(encryption: Encryption, row: Row): Endpoint {
  const { urlCipher, headersCipher, secretCipher, previousSecretCipher, ...open } = row;
  return {
    ...open,
    ...decryptEndpoint(encryption, { urlCipher, headersCipher, secretCipher, previousSecretCipher }),
  };
}

/**
 * Decrypts the settings. Undecryptable ones are empty, and `undecryptable` states the reason. Without the current secret there is no previous
 * one: the receiver may not know it any more, and nothing may take it for the current one.
 */
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
  const secret = decrypt(purposes.secret, ciphers.secretCipher);
  const previous = decrypt(purposes.secret, ciphers.previousSecretCipher);
  const secrets = secret === undefined ? [] : previous === undefined ? [secret] : [secret, previous];
  return { url, headers, secrets, undecryptable };
}

const listStatement = `
  select ${endpointColumns} from endpoints
  where provider_id = $1 and id > $2 and deleted_at is null
  order by id
  limit $3`;

export async function listEndpoints(
  db: Database,
  encryption: Encryption,
  { providerId, afterId = 0, limit }: { providerId: number; afterId?: number | undefined; limit: number },
): Promise<Endpoint[]> {
  const rows = await db.query<Row>(listStatement, [providerId, afterId, limit]);
  return rows.map((row) => endpointOf(encryption, row));
}

export interface EndpointKey {
  readonly providerId: number;
  readonly id: number;
}

const readStatement = `select ${endpointColumns} from endpoints where provider_id = $1 and id = $2 and deleted_at is null`;

export async function readEndpoint(
  db: Database,
  encryption: Encryption,
  { providerId, id }: EndpointKey,
): Promise<Endpoint | undefined> {
  const [row] = await db.query<Row>(readStatement, [providerId, id]);
  return row && endpointOf(encryption, row);
}

const ownersStatement = `select provider_id, id from endpoints where id = any($1::bigint[])`;

/** Returns the keys of endpoints of any provider, deleted ones included. */
export const readEndpointKeys = (db: Database, ids: readonly number[]): Promise<readonly EndpointKey[]> =>
  db.query<EndpointKey>(ownersStatement, [ids]);

const readDeletedStatement = `select from endpoints where provider_id = $1 and id = $2 and deleted_at is not null`;

/** Returns whether the provider has deleted the endpoint. */
export async function isDeletedEndpoint(db: Database, { providerId, id }: EndpointKey): Promise<boolean> {
  return (await db.query(readDeletedStatement, [providerId, id])).length > 0;
}

const readByNameStatement = `select ${endpointColumns} from endpoints where provider_id = $1 and name = $2 and deleted_at is null`;

export async function readDefaultEndpoint(
  db: Database,
  encryption: Encryption,
  providerId: number,
): Promise<Endpoint | undefined> {
  const [row] = await db.query<Row>(readByNameStatement, [providerId, defaultEndpointName]);
  return row && endpointOf(encryption, row);
}

const columns = settingEntries.map(([column]) => column);
const placeholdersFrom = (first: number): readonly string[] => columns.map((_, index) => `$${first + index}`);

function settingValues(encryption: Encryption, settings: EndpointSettings): readonly unknown[] {
  const values: Readonly<Record<string, unknown>> = settings;
  return settingEntries.map(([column, { purpose }]) => {
    const value = values[propertyName(column)];
    return purpose === undefined ? value : encryptSetting(encryption, purpose, value);
  });
}

/** Returns null for an object without properties. */
function encryptSetting(encryption: Encryption, purpose: string, value: unknown): Buffer | null {
  if (typeof value === "string") return encryption.encrypt(purpose, value);
  const text = JSON.stringify(value);
  return text === "{}" ? null : encryption.encrypt(purpose, text);
}

const insertStatement = `
  insert into endpoints (provider_id, secret, url_masked, ${columns.join(", ")})
  values ($1, $2, $3, ${placeholdersFrom(4).join(", ")})
  returning ${endpointColumns}`;

/** Inserts an endpoint and its lane. A name in use violates a unique constraint. */
export async function insertEndpoint(
  tx: Transaction,
  encryption: Encryption,
  { providerId, settings, secret }: { providerId: number; settings: EndpointSettings; secret: string },
): Promise<Endpoint> {
  const [row] = await tx.query<Row>(insertStatement, [
    providerId,
    encryptSecret(encryption, secret),
    maskEndpointUrl(settings),
    ...settingValues(encryption, settings),
  ]);
  if (!row) throw new Error("The insert returned no endpoint");
  insertLane(tx, { providerId, endpointId: row.id });
  return endpointOf(encryption, row);
}

// Only the version that was read: the second of two concurrent updates reads again.
const updateStatement = `
  update endpoints set (url_masked, ${columns.join(", ")}) = ($4, ${placeholdersFrom(5).join(", ")}),
    disabled_reason = case when ${placeholdersFrom(5)[columns.indexOf("state")]} = 'disabled' then disabled_reason end,
    version = version + 1, updated_at = now()
  where provider_id = $1 and id = $2 and version = $3 and deleted_at is null
  returning ${endpointColumns}`;

/** Returns undefined if the endpoint has changed since it was read. */
export async function updateEndpointRow(
  tx: Transaction,
  encryption: Encryption,
  read: Endpoint,
  settings: EndpointSettings,
): Promise<Endpoint | undefined> {
  const [row] = await tx.query<Row>(updateStatement, [
    read.providerId,
    read.id,
    read.version,
    maskEndpointUrl(settings),
    ...settingValues(encryption, settings),
  ]);
  return row && endpointOf(encryption, row);
}

const repairSecretsStatement = `
  update endpoints set secret = $3, previous_secret = $4,
    previous_secret_until = case when $4::bytea is not null then previous_secret_until end
  where provider_id = $1 and id = $2
  returning ${endpointColumns}`;

/** Encrypts the secrets with the newest key. A new secret replaces one that cannot be decrypted; a previous one is dropped. */
export async function repairSecrets(
  tx: Transaction,
  encryption: Encryption,
  { providerId, id, secrets: [secret = newSecret(), previous] }: Pick<Endpoint, "providerId" | "id" | "secrets">,
): Promise<Endpoint | undefined> {
  const [row] = await tx.query<Row>(repairSecretsStatement, [
    providerId,
    id,
    encryptSecret(encryption, secret),
    previous === undefined ? null : encryptSecret(encryption, previous),
  ]);
  return row && endpointOf(encryption, row);
}

/** A condition: $2, the newest key, did not encrypt all of the columns. Bytes 2 to 5 of a ciphertext name its key. */
export const isOutdated = `$2::bytea <> any(array[substring(url from 2 for 4), substring(secret from 2 for 4),
    coalesce(substring(headers from 2 for 4), $2), coalesce(substring(previous_secret from 2 for 4), $2)])`;

/** Selects the encrypted columns. */
export const cipherColumns = `url as url_cipher, headers as headers_cipher, secret as secret_cipher,
  previous_secret as previous_secret_cipher`;

const batchRows = 100;

// By id, so that undecryptable endpoints, which stay as they are, are read once. Deleted ones too, whose deletion may be undone; the
// nulls of erased ones are not outdated. The lock makes a concurrent update wait, and then fail as outdated.
const selectOutdated = `
  select provider_id, id, ${cipherColumns}
  from endpoints
  where id > $1 and ${isOutdated}
  order by id
  limit $3
  for update`;

// The version makes engines reload the settings: they store the URL's ciphertext with each failure.
const updateCiphers = `
  update endpoints set url = $3, headers = $4, secret = $5, previous_secret = $6, version = version + 1
  where provider_id = $1 and id = $2`;

/** Encrypts the values of older keys with the newest one. */
export const reencryptEndpoints = (pool: Pool, encryption: Encryption): Promise<Reencrypted> =>
  reencryptRows(pool, encryption, {
    selectOutdated,
    updateCiphers,
    updated: (tx, { id }) => tx.hintAfterCommit("endpoints", String(id)),
  });

interface EncryptedTable {
  /** Selects and locks rows above the id $1, at most $3, with ciphers that the key $2 did not encrypt. */
  readonly selectOutdated: string;
  readonly updateCiphers: string;
  readonly updated?: (tx: Transaction, row: EndpointKey) => void;
}

/** Encrypts the values of older keys in a table with the newest one, 100 rows per transaction. */
export async function reencryptRows(
  pool: Pool,
  encryption: Encryption,
  { selectOutdated: select, updateCiphers: update, updated }: EncryptedTable,
): Promise<Reencrypted> {
  let [done, left, after] = [0, 0, 0];
  for (;;) {
    const rows = await pool.inTransaction(async (tx) => {
      const batch = await tx.query<EndpointKey & EndpointCiphers>(select, [after, encryption.keyIds[0], batchRows]);
      for (const row of batch) {
        const ciphers = reencryptRow(encryption, row);
        if (!ciphers) {
          left += 1;
          continue;
        }
        const { urlCipher, headersCipher, secretCipher, previousSecretCipher } = ciphers;
        await tx.query(update, [row.providerId, row.id, urlCipher, headersCipher, secretCipher, previousSecretCipher]);
        updated?.(tx, row);
        done += 1;
      }
      return batch;
    });
    after = rows.at(-1)?.id ?? after;
    if (rows.length < batchRows) return { done, left };
  }
}

/** Returns undefined if one of the values cannot be decrypted. */
function reencryptRow(encryption: Encryption, row: EndpointCiphers): EndpointCiphers | undefined {
  const reencrypt = (purpose: string, cipher: Buffer): Buffer => encryption.reencrypt(purpose, cipher) ?? cipher;
  const { urlCipher, headersCipher, secretCipher, previousSecretCipher } = row;
  return ifDecryptable(() => ({
    urlCipher: reencrypt(purposes.url, urlCipher),
    headersCipher: headersCipher && reencrypt(purposes.headers, headersCipher),
    secretCipher: reencrypt(purposes.secret, secretCipher),
    previousSecretCipher: previousSecretCipher && reencrypt(purposes.secret, previousSecretCipher),
  }));
}
