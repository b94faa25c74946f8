import type { Pool } from "#platform/database/database.ts";

import type { NewMail } from "./mail.ts";

/** Hands a mail to the mail server. Rejects, with words for people, if that does not take it. */
export type SendMail = (
  mail: Omit<NewMail, "secretLink"> & { readonly from: { name: string; address: string | null } },
) => Promise<void>;

interface TakenMail extends Omit<NewMail, "secretLink"> {
  readonly providerId: number;
  readonly id: number;
  readonly attemptsMade: number;
  readonly providerName: string;
  readonly fromEmail: string | null;
}

const atOnce = 5;

// A mail that is three days old has lost its sense: a mail server that is set up late, or repaired late, gets none of
// those. Whoever takes a mail moves it five minutes ahead, so that it is tried again if this process dies over it; two
// that look at once skip each other's rows. Served by mails_due_idx.
const takeStatement = `
  update mails
  set due_at = $1::timestamptz + interval '5 minutes', attempts_made = attempts_made + 1
  from providers as provider
  where provider.id = mails.provider_id and (mails.provider_id, mails.id) in (
    select provider_id, id
    from mails
    where sent_at is null and due_at <= $1 and created_at > $1::timestamptz - interval '3 days'
    order by due_at
    limit $2
    for update skip locked)
  returning mails.provider_id as "providerId", mails.id, recipient, subject, text, attempts_made as "attemptsMade",
    provider.name as "providerName", provider.from_email as "fromEmail"`;

// From now on the recipient has the link, and nobody who reads the outbox needs it.
const sentStatement = `
  update mails
  set sent_at = $3, last_error = null, secret_link = null,
    text = case when secret_link is null then text else replace(text, secret_link, '[link removed after sending]') end
  where provider_id = $1 and id = $2`;

const retryStatement = `
  update mails
  set due_at = $3::timestamptz + make_interval(secs => $4), last_error = $5
  where provider_id = $1 and id = $2`;

interface MailingNeeds {
  readonly pool: Pool;
  readonly send: SendMail;
  readonly now: () => Date;
}

/** Sends what is due, at least once, and never while a transaction is open. Gives how many were tried. */
export async function sendDueMails({ pool, send, now }: MailingNeeds): Promise<number> {
  const mails = await pool.query<TakenMail>(takeStatement, [now(), atOnce]);
  for (const mail of mails) {
    const { providerId, id, recipient, subject, text } = mail;
    try {
      await send({ recipient, subject, text, from: { name: mail.providerName, address: mail.fromEmail } });
      await pool.query(sentStatement, [providerId, id, now()]);
    } catch (error) {
      const words = error instanceof Error ? error.message : String(error);
      await pool.query(retryStatement, [providerId, id, now(), waitSeconds(mail.attemptsMade), words]);
    }
  }
  return mails.length;
}

const firstWaitSeconds = 30;
const longestWaitSeconds = 3600;

/** Half a minute after the first attempt, then twice as long each time, up to an hour. */
const waitSeconds = (attemptsMade: number): number =>
  Math.min(firstWaitSeconds * 2 ** (attemptsMade - 1), longestWaitSeconds);
