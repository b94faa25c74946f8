import { digestOf } from "#access/index.ts";
import type { Database, Transaction } from "#platform/database/database.ts";

import { linkLife } from "../link-life.ts";
import type { Invitation } from "./invitation.ts";

const columns = `id, account_id as "accountId", email, sent_at,
  sent_at + ${linkLife} as "expiresAt", accepted_at, created_at`;

const listStatement = `select ${columns} from invitations where provider_id = $1 and account_id = $2 order by id`;

/** The invitations of an account, oldest first, those that were accepted among them. */
export const listInvitations = (db: Database, providerId: number, accountId: number): Promise<Invitation[]> =>
  db.query<Invitation>(listStatement, [providerId, accountId]);

// Two who invite one address at once: the second waits for the first to commit, and then inserts nothing.
const insertStatement = `
  insert into invitations (provider_id, account_id, email, code_digest, sent_at, created_at)
  values ($1, $2, $3, $4, $5, $5)
  on conflict do nothing
  returning ${columns}`;

/** The new invitation, or undefined if that address is already invited into the account. */
export async function insertInvitation(
  tx: Transaction,
  providerId: number,
  { accountId, email, code }: Pick<Invitation, "accountId" | "email"> & { readonly code: string },
  now: Date,
): Promise<Invitation | undefined> {
  const values = [providerId, accountId, email, digestOf(code), now];
  const [inserted] = await tx.query<Invitation>(insertStatement, values);
  return inserted;
}

const renewStatement = `
  update invitations
  set code_digest = $4, sent_at = $5
  where provider_id = $1 and account_id = $2 and id = $3 and accepted_at is null
  returning ${columns}`;

/** Gives an invitation another code: the link that was sent before opens nothing any more. */
export async function renewInvitation(
  tx: Transaction,
  providerId: number,
  { accountId, id, code }: Pick<Invitation, "accountId" | "id"> & { readonly code: string },
  now: Date,
): Promise<Invitation | undefined> {
  const [renewed] = await tx.query<Invitation>(renewStatement, [providerId, accountId, id, digestOf(code), now]);
  return renewed;
}

const deleteStatement = `
  delete from invitations where provider_id = $1 and account_id = $2 and id = $3 returning ${columns}`;

/** The invitation that is gone, or undefined if there was none. */
export async function deleteInvitationRow(
  tx: Transaction,
  { providerId, accountId, id }: { providerId: number; accountId: number; id: number },
): Promise<Invitation | undefined> {
  const [deleted] = await tx.query<Invitation>(deleteStatement, [providerId, accountId, id]);
  return deleted;
}

const isOpen = `provider_id = $1 and code_digest = $2 and accepted_at is null
    and sent_at > $3::timestamptz - ${linkLife}`;

const findStatement = `
  select ${columns}
  from invitations
  where ${isOpen}`;

/** The invitation whose mail has this code, which works once, within a fortnight. */
export async function findInvitation(
  db: Database,
  providerId: number,
  code: string,
  now: Date,
): Promise<Invitation | undefined> {
  const [invitation] = await db.query<Invitation>(findStatement, [providerId, digestOf(code), now]);
  return invitation;
}

const acceptStatement = `
  update invitations
  set accepted_at = $3
  where ${isOpen}
  returning ${columns}`;

export async function markAccepted(
  tx: Transaction,
  providerId: number,
  code: string,
  now: Date,
): Promise<Invitation | undefined> {
  const [accepted] = await tx.query<Invitation>(acceptStatement, [providerId, digestOf(code), now]);
  return accepted;
}
