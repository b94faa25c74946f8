import { digestOf, recordAudit, type By } from "#access/index.ts";
import type { Pool, Transaction } from "#platform/database/database.ts";
import { randomBase32 } from "#platform/ids/random-token.ts";
import { lockAccount } from "#portal/accounts/accounts-table.ts";
import { refuseTransition, type FieldErrors } from "#portal/fields/index.ts";
import { activationMail, insertMail } from "#portal/mails/index.ts";
import type { Provider } from "#portal/providers/index.ts";

import { lockUser } from "./change-user-row.ts";
import { linkLife } from "./link-life.ts";

interface SendingActivation {
  readonly provider: Provider;
  readonly accountId: number;
  readonly userId: number;
  /** Where the link in the mail leads. */
  readonly urlOf: (code: string) => string;
  readonly by: By;
}

const codeLength = 32;

/**
 * Writes to a pending user how to become active, with a link that is from now on the only one that counts. Undefined if
 * the account has no such user.
 */
export async function sendActivation(
  pool: Pool,
  { provider, accountId, userId, urlOf, by }: SendingActivation,
): Promise<{ readonly sentTo: string } | { readonly refused: FieldErrors } | undefined> {
  const providerId = provider.id;
  return pool.inTransaction(async (tx) => {
    const account = await lockAccount(tx, providerId, accountId);
    const locked = account && (await lockUser(tx, { providerId, accountId, userId }));
    if (!locked) return undefined;
    const { state, email: recipient, username } = locked.user;
    if (state !== "pending") return refuseTransition("activate");
    if (recipient === null) return { refused: { email: ["can't be blank"] } };

    const code = randomBase32(codeLength);
    await renewCode(tx, { providerId, userId, code, now: by.now });
    await insertMail(tx, providerId, activationMail({ provider, recipient, username, url: urlOf(code) }), by.now);
    const said = { action: "activation.sent", subject: `user/${userId}`, detail: { accountId } };
    await recordAudit(tx, { providerId, actor: by.actor, ...said });
    return { sentTo: recipient };
  });
}

// The user is locked.
const renewStatement = `
  update users
  set activation_code_digest = $3, activation_until = $4::timestamptz + ${linkLife}
  where provider_id = $1 and id = $2`;

const renewCode = (
  tx: Transaction,
  { providerId, userId, code, now }: { providerId: number; userId: number; code: string; now: Date },
): Promise<unknown> => tx.query(renewStatement, [providerId, userId, digestOf(code), now]);
