import type { By } from "#access/index.ts";
import type { Pool, Transaction } from "#platform/database/database.ts";
import { randomBase32 } from "#platform/ids/random-token.ts";
import { countLimits } from "#platform/limits/limits.ts";
import { requireRoom } from "#platform/limits/require-room.ts";
import { lockAccount } from "#portal/accounts/accounts-table.ts";
import { type Account } from "#portal/accounts/account.ts";
import { hasNoErrors, emailErrors, mergeErrors, type FieldErrors } from "#portal/fields/index.ts";
import { insertMail, invitationMail } from "#portal/mails/index.ts";
import type { Provider } from "#portal/providers/index.ts";

import { findTakenNames } from "../find-taken-names.ts";
import { auditInvitation } from "./audit-invitation.ts";
import type { Invitation } from "./invitation.ts";
import { insertInvitation, renewInvitation } from "./invitations-table.ts";

interface Inviting {
  readonly provider: Provider;
  readonly accountId: number;
  /** Where the link in the mail leads. */
  readonly urlOf: (code: string) => string;
  readonly by: By;
}

type InvitationOutcome = { readonly invitation: Invitation } | { readonly refused: FieldErrors };

const codeLength = 32;

/** Invites somebody into an account, by mail. No event tells of it. Undefined if the provider has no such account. */
export async function inviteUser(
  pool: Pool,
  { email: given, ...inviting }: Inviting & { readonly email: string },
): Promise<InvitationOutcome | undefined> {
  const { provider, accountId, by } = inviting;
  const email = given.trim();
  const wrong = emailErrors(email);
  return pool.inTransaction(async (tx) => {
    const account = await lockAccount(tx, provider.id, accountId);
    if (!account) return undefined;
    if (wrong.length > 0) return { refused: { email: wrong } };
    const { email: taken = [] } = await findTakenNames(tx, provider.id, { username: "", email });
    const refused = mergeErrors({ email: taken });
    if (!hasNoErrors(refused)) return { refused };

    await requireRoom(tx, countLimits.invitations, { providerId: provider.id, id: accountId });
    const code = randomBase32(codeLength);
    const invitation = await insertInvitation(tx, provider.id, { accountId, email, code }, by.now);
    if (!invitation) return { refused: { email: ["has already been invited"] } };
    await writeTo(tx, inviting, { invitation, account, code });
    await auditInvitation(tx, "created", invitation, inviting);
    return { invitation };
  });
}

/** Sends another link, the only one that counts from now on. Undefined if nobody waits for it. */
export async function resendInvitation(
  pool: Pool,
  { invitationId, ...inviting }: Inviting & { readonly invitationId: number },
): Promise<{ readonly invitation: Invitation } | undefined> {
  const { provider, accountId, by } = inviting;
  return pool.inTransaction(async (tx) => {
    const account = await lockAccount(tx, provider.id, accountId);
    const code = randomBase32(codeLength);
    const invitation =
      account && (await renewInvitation(tx, provider.id, { accountId, id: invitationId, code }, by.now));
    if (!invitation) return undefined;
    await writeTo(tx, inviting, { invitation, account, code });
    await auditInvitation(tx, "resent", invitation, inviting);
    return { invitation };
  });
}

const writeTo = (
  tx: Transaction,
  { provider, urlOf, by }: Inviting,
  { invitation, account, code }: { invitation: Invitation; account: Account; code: string },
): Promise<void> => {
  const { email: recipient } = invitation;
  return insertMail(
    tx,
    provider.id,
    invitationMail({ provider, recipient, orgName: account.orgName, url: urlOf(code) }),
    by.now,
  );
};
