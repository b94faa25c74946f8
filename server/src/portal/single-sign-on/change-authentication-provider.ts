import {
  type ChangeContext,
  changedFields,
  endSessionsOfUsers,
  notifyCallersChanged,
  recordAudit,
  requireWithinLimit,
} from "#access/index.ts";
import type { Database, Pool, Transaction } from "#platform/database/database.ts";
import {
  assignments,
  insertColumns,
  insertParameters,
  insertValues,
  selectList,
  updateValues,
} from "#platform/database/field-table.ts";
import { type Encryption, ifDecryptable } from "#platform/encryption.ts";
import { countLimits } from "#platform/limits.ts";
import { isXmlText } from "#platform/xml.ts";
import {
  type FieldErrors,
  type ObjectInput,
  hasNoErrors,
  mergeErrors,
  parseRequest,
  takenErrors,
} from "#portal/fields/index.ts";
import {
  type AccountType,
  type AuthenticationProvider,
  authenticationProviderFields,
  isSameServer,
  parseNewProvider,
  siteErrors,
} from "./authentication-provider.ts";

const columns = selectList(authenticationProviderFields);

type Row = Omit<AuthenticationProvider, "clientSecret"> & { readonly clientSecret: Buffer };

const purpose = "authentication provider secret";

const fromRow = (encryption: Encryption, { clientSecret, ...row }: Row): AuthenticationProvider => ({
  ...row,
  clientSecret: decryptSecret(encryption, clientSecret),
});

const decryptSecret = (encryption: Encryption, cipher: Buffer): string | null =>
  ifDecryptable(() => encryption.decrypt(purpose, cipher)) ?? null;

interface Portal {
  readonly providerId: number;
  readonly accountType: AccountType;
}

interface Needs {
  readonly pool: Pool;
  readonly encryption: Encryption;
}

type ReadNeeds = Pick<Needs, "encryption"> & { readonly pool: Database };

const listStatement = `
  select ${columns} from authentication_providers where provider_id = $1 and account_type = $2 order by id`;

/** Lists the authentication providers of a portal, oldest first. */
export async function listAuthenticationProviders(
  { pool, encryption }: ReadNeeds,
  { providerId, accountType }: Portal,
): Promise<readonly AuthenticationProvider[]> {
  const rows = await pool.query<Row>(listStatement, [providerId, accountType]);
  return rows.map((row) => fromRow(encryption, row));
}

type Reference = Portal & { readonly id: number };

const readStatement = `
  select ${columns} from authentication_providers where provider_id = $1 and account_type = $2 and id = $3`;

export async function readAuthenticationProvider(
  { pool, encryption }: ReadNeeds,
  { providerId, accountType, id }: Reference,
): Promise<AuthenticationProvider | undefined> {
  const [row] = await pool.query<Row>(readStatement, [providerId, accountType, id]);
  return row && fromRow(encryption, row);
}

type Outcome = { readonly authenticationProvider: AuthenticationProvider } | { readonly refused: FieldErrors };

const listPublishedStatement = `
  select name, system_name
  from authentication_providers
  where provider_id = $1 and account_type = $2 and published
  order by id`;

/** Lists those that the log-in of a portal offers, oldest first. */
export const listPublishedProviders = (
  db: Database,
  { providerId, accountType }: Portal,
): Promise<Pick<AuthenticationProvider, "name" | "systemName">[]> =>
  db.query<Pick<AuthenticationProvider, "name" | "systemName">>(listPublishedStatement, [providerId, accountType]);

const findPublishedStatement = `
  select ${columns}
  from authentication_providers
  where provider_id = $1 and account_type = $2 and system_name = $3 and published`;

/** Returns the published authentication provider of a portal with this system name. */
export async function findPublishedProvider(
  { pool, encryption }: ReadNeeds,
  { providerId, accountType, systemName }: Portal & Pick<AuthenticationProvider, "systemName">,
): Promise<AuthenticationProvider | undefined> {
  if (!isXmlText(systemName)) return undefined; // PostgreSQL rejects zero bytes
  const [row] = await pool.query<Row>(findPublishedStatement, [providerId, accountType, systemName]);
  return row && fromRow(encryption, row);
}

// If two requests take one name or kind at once, the second waits for the first to commit and then inserts nothing.
const insertStatement = `
  insert into authentication_providers (provider_id, created_at, updated_at, ${insertColumns(authenticationProviderFields)})
  values ($1, $2, $2, ${insertParameters(authenticationProviderFields, 3)})
  on conflict do nothing
  returning ${columns}`;

// By the two unique indexes.
const takenStatement = `
  select coalesce(bool_or(system_name = $2), false) as system_name,
    coalesce(bool_or(account_type = 'developer' and $3 = 'developer' and kind = $4), false) as kind
  from authentication_providers
  where provider_id = $1`;

/** Creates an authentication provider. */
export async function createAuthenticationProvider(
  { pool, encryption }: Needs,
  { providerId, accountType, values, by }: Portal & ObjectInput,
): Promise<Outcome> {
  const { provider, errors } = parseNewProvider(accountType, values, by.now);
  if (!hasNoErrors(errors)) return { refused: errors };
  const { systemName, kind, clientSecret } = provider;
  const encrypted = { ...provider, clientSecret: encryption.encrypt(purpose, clientSecret) };
  return pool.inTransaction(async (tx) => {
    await requireWithinLimit(tx, countLimits.authenticationProviders, { providerId });
    const row = [providerId, by.now, ...insertValues(authenticationProviderFields, encrypted)];
    const [created] = await tx.query<Row>(insertStatement, row);
    if (!created) {
      const names = [providerId, systemName, accountType, kind];
      const [taken] = await tx.query<{ systemName: boolean; kind: boolean }>(takenStatement, names);
      return { refused: mergeErrors({ kind: takenErrors(taken?.kind), system_name: takenErrors(taken?.systemName) }) };
    }
    const authenticationProvider = fromRow(encryption, created);
    await recordChange(tx, { providerId, by, action: "created", authenticationProvider });
    return { authenticationProvider };
  });
}

interface RecordedChange {
  readonly providerId: number;
  readonly by: ChangeContext;
  readonly action: "created" | "changed" | "deleted";
  readonly authenticationProvider: AuthenticationProvider;
  readonly changed?: readonly string[];
}

/**
 * Makes Developer Portals read their log-ins again, and writes an audit record, with names only: no secret, and no address with
 * one.
 */
function recordChange(
  tx: Transaction,
  { providerId, by, action, authenticationProvider, changed }: RecordedChange,
): Promise<void> {
  const { id, accountType, kind, name } = authenticationProvider;
  notifyCallersChanged(tx, providerId);
  return recordAudit(tx, {
    providerId,
    actor: by.actor,
    action: `authentication-provider.${action}`,
    subject: `authentication-provider/${id}`,
    detail: changed ? { name, changed } : { name, kind, accountType },
  });
}

// No other change can commit until the transaction ends.
const lockStatement = `${readStatement} for no key update`;

// The lock makes it wait for a change of the setting, which first checks that there is a published authentication provider. A condition
// on the setting would not wait: PostgreSQL locks only rows that fulfilled it before the change.
const isEnforcedStatement = `select enforce_sso as is_enforced from providers where id = $1 for share`;

/** Returns true while passwords are refused in favour of it, so that a change could lock everybody out. */
async function isNeeded(tx: Transaction, providerId: number, { accountType, published }: Row): Promise<boolean> {
  if (accountType !== "provider" || !published) return false;
  const [settings] = await tx.query<{ isEnforced: boolean }>(isEnforcedStatement, [providerId]);
  return settings?.isEnforced ?? false;
}

// Another identity provider may give the same subjects to other people: all GitHub servers count from 1.
const unlinkStatement = `
  delete from identities where provider_id = $1 and authentication_provider_id = $2
  returning coalesce(user_id, provider_user_id) as user_id`;

/**
 * Ends the links of a locked authentication provider and the sessions of their users, since it may have let anybody in. A user of the team
 * who makes the change stays signed in to correct it.
 */
async function unlinkAll(tx: Transaction, { providerId, id, accountType }: Reference, { actor }: ChangeContext) {
  const unlinked = await tx.query<{ userId: number }>(unlinkStatement, [providerId, id]);
  const isOfTeam = accountType === "provider";
  const own = isOfTeam && "userId" in actor ? actor.userId : undefined;
  const userIds = unlinked.map(({ userId }) => userId).filter((userId) => userId !== own);
  await endSessionsOfUsers(tx, { providerId, audience: isOfTeam ? "admin" : "developer", userIds });
}

const updateStatement = `
  update authentication_providers
  set ${assignments(authenticationProviderFields, 4)}, updated_at = $3
  where provider_id = $1 and id = $2
  returning ${columns}`;

/** Changes an authentication provider. Returns undefined if the portal has no such one, and "needed" while `enforce_sso` needs it. */
export async function updateAuthenticationProvider(
  { pool, encryption }: Needs,
  { values, by, ...reference }: Reference & ObjectInput,
): Promise<Outcome | "needed" | undefined> {
  const { providerId, accountType, id } = reference;
  return pool.inTransaction(async (tx) => {
    const [row] = await tx.query<Row>(lockStatement, [providerId, accountType, id]);
    if (!row) return undefined;
    if (await isNeeded(tx, providerId, row)) return "needed";
    const before = fromRow(encryption, row);
    const request = { values, writer: "program", now: by.now } as const;
    const { changes, errors } = parseRequest<AuthenticationProvider>(
      authenticationProviderFields,
      request,
      "changeable",
    );
    const updated = { ...before, ...changes };
    const refused = mergeErrors(errors, siteErrors(before.kind, updated.site, errors));
    if (!hasNoErrors(refused)) return { refused };
    const changed = changedFields(before, updated);
    if (changed.length === 0) return { authenticationProvider: before };
    const clientSecret = changes.clientSecret ? encryption.encrypt(purpose, changes.clientSecret) : row.clientSecret;
    const written = updateValues(authenticationProviderFields, { ...updated, clientSecret });
    const [after] = await tx.query<Row>(updateStatement, [providerId, id, by.now, ...written]);
    if (!after) throw new Error(`Authentication provider ${id} was gone although it was locked.`);
    const authenticationProvider = fromRow(encryption, after);
    if (!isSameServer(before, authenticationProvider)) await unlinkAll(tx, reference, by);
    await recordChange(tx, { providerId, by, action: "changed", authenticationProvider, changed });
    return { authenticationProvider };
  });
}

// The stronger lock makes it wait for log-ins that link somebody at the moment.
const lockAnyStatement = `
  select ${columns} from authentication_providers where provider_id = $1 and id = $2 for update`;

const deleteStatement = `delete from authentication_providers where provider_id = $1 and id = $2`;

/** Deletes an authentication provider of either portal. Returns false if there is no such one, and "needed" as an update does. */
export async function deleteAuthenticationProvider(
  { pool, encryption }: Needs,
  { providerId, id, by }: { readonly providerId: number; readonly id: number; readonly by: ChangeContext },
): Promise<boolean | "needed"> {
  return pool.inTransaction(async (tx) => {
    const [locked] = await tx.query<Row>(lockAnyStatement, [providerId, id]);
    if (!locked) return false;
    if (await isNeeded(tx, providerId, locked)) return "needed";
    await unlinkAll(tx, { providerId, id, accountType: locked.accountType }, by);
    await tx.query(deleteStatement, [providerId, id]);
    await recordChange(tx, { providerId, by, action: "deleted", authenticationProvider: fromRow(encryption, locked) });
    return true;
  });
}

const batchRows = 100;

const selectOutdatedStatement = `
  select provider_id, id, client_secret as cipher
  from authentication_providers
  where id > $1 and substring(client_secret from 2 for 4) <> $2
  order by id
  limit $3
  for update`;

const updateCipherStatement = `update authentication_providers set client_secret = $3 where provider_id = $1 and id = $2`;

/** Encrypts the secrets of older keys with the newest one, 100 per transaction. */
export async function reencryptAuthenticationProviders(
  pool: Pool,
  encryption: Encryption,
): Promise<{ readonly done: number; readonly left: number }> {
  let [done, left, after] = [0, 0, 0];
  for (;;) {
    const rows = await pool.inTransaction(async (tx) => {
      const batch = await tx.query<{ providerId: number; id: number; cipher: Buffer }>(selectOutdatedStatement, [
        after,
        encryption.keyIds[0],
        batchRows,
      ]);
      for (const { providerId, id, cipher } of batch) {
        const secret = decryptSecret(encryption, cipher);
        if (secret === null) left += 1;
        else await tx.query(updateCipherStatement, [providerId, id, encryption.encrypt(purpose, secret)]);
        if (secret !== null) done += 1;
      }
      return batch;
    });
    after = rows.at(-1)?.id ?? after;
    if (rows.length < batchRows) return { done, left };
  }
}
