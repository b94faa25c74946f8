import type { Database, Transaction } from "#platform/database/database.ts";

import type { Mail, NewMail } from "./mail.ts";

const insertStatement = `
  insert into mails (provider_id, recipient, subject, text, secret_link, created_at, due_at)
  values ($1, $2, $3, $4, $5, $6, $6)`;

/** Puts a mail into the outbox, with the change that it tells of. */
export async function insertMail(
  tx: Transaction,
  providerId: number,
  { recipient, subject, text, secretLink }: NewMail,
  now: Date,
): Promise<void> {
  await tx.query(insertStatement, [providerId, recipient, subject, text, secretLink ?? null, now]);
  tx.hintAfterCommit("mails", "");
}

const listStatement = `
  select id, recipient, subject, text, created_at as "createdAt", sent_at as "sentAt", attempts_made as "attemptsMade",
    last_error as "lastError"
  from mails
  where provider_id = $1 and ($2::bigint is null or id < $2)
  order by id desc
  limit $3`;

/** The outbox, newest first, from the mail `before` on. */
export const listMails = (
  db: Database,
  providerId: number,
  { before, limit }: { before?: number | undefined; limit: number },
): Promise<Mail[]> => db.query<Mail>(listStatement, [providerId, before ?? null, limit]);

const countStatement = `select count(*) as count from mails where provider_id = $1 and sent_at is null`;

/** How many mails have not gone out. */
export async function countMails(db: Database, providerId: number): Promise<number> {
  const [row] = await db.query<{ count: number }>(countStatement, [providerId]);
  return row?.count ?? 0;
}

// Of all providers; served by mails_due_idx. What is older than three days is not sent any more.
const waitingStatement = `
  select count(*) as count
  from (select from mails where sent_at is null and created_at > now() - interval '3 days' limit 10000) waiting`;

/** How many mails are still to go out, counted to 10,000. */
export async function countWaitingMails(db: Database): Promise<number> {
  const [row] = await db.query<{ count: number }>(waitingStatement);
  return row?.count ?? 0;
}
