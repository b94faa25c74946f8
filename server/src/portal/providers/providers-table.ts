import type { Database, Transaction } from "#platform/database/database.ts";

import type { Provider } from "./provider.ts";

export const providerColumns = `id, name, subdomain, state, time_zone as "timeZone", web_hooks as "webHooks",
  signups_enabled as "signupsEnabled", email_activation as "emailActivation",
  password_length_min as "passwordLengthMin", created_at as "createdAt", updated_at as "updatedAt"`;

const readStatement = `select ${providerColumns} from providers where id = $1`;

export async function readProvider(db: Database, id: number): Promise<Provider | undefined> {
  const [provider] = await db.query<Provider>(readStatement, [id]);
  return provider;
}

const readFirstStatement = `select ${providerColumns} from providers order by id limit 1`;

/** The oldest provider: the one that every host means while there is no base domain. */
export async function readFirstProvider(db: Database): Promise<Provider | undefined> {
  const [provider] = await db.query<Provider>(readFirstStatement);
  return provider;
}

const insertStatement = `
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
  const [inserted] = await tx.query<Provider>(insertStatement, [id, name, subdomain, providerKeyDigest, now]);
  if (!inserted) throw new Error("The new provider was not returned.");
  return inserted;
}
