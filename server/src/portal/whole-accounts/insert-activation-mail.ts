import type { Transaction } from "#platform/database/database.ts";
import type { Provider } from "#portal/providers/index.ts";

const statement = `
  insert into mails (provider_id, recipient, subject, text, created_at)
  values ($1, $2, $3, $4, $5)`;

interface ActivationMail {
  readonly provider: Provider;
  readonly recipient: string;
  readonly username: string;
  readonly activationUrl: string;
}

/** Puts the mail with the activation link into the outbox. */
export async function insertActivationMail(
  tx: Transaction,
  { provider, recipient, username, activationUrl }: ActivationMail,
  now: Date,
): Promise<void> {
  const text = `Hello ${username},

thank you for signing up at ${provider.name}. Open this link to activate your account:

${activationUrl}
`;
  await tx.query(statement, [provider.id, recipient, `${provider.name}: activate your account`, text, now]);
}
