import type { Mail } from "#portal/mails/index.ts";

export const representMail = ({ id, recipient, subject, text, createdAt, sentAt, attemptsMade, lastError }: Mail) => ({
  id,
  recipient,
  subject,
  text,
  created_at: createdAt.toISOString(),
  sent_at: sentAt?.toISOString() ?? null,
  attempts_made: attemptsMade,
  last_error: lastError,
});
