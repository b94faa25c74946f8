import type { By } from "#access/index.ts";
import type { Pool } from "#platform/database/database.ts";
import type { Provider } from "#portal/providers/index.ts";

import { auditInvitation } from "./audit-invitation.ts";
import type { Invitation } from "./invitation.ts";
import { deleteInvitationRow } from "./invitations-table.ts";

interface InvitationDeletion {
  readonly provider: Provider;
  readonly accountId: number;
  readonly invitationId: number;
  readonly by: By;
}

/** Takes an invitation back: its link opens nothing any more. Undefined if the account has no such invitation. */
export async function deleteInvitation(
  pool: Pool,
  { provider, accountId, invitationId, by }: InvitationDeletion,
): Promise<{ readonly invitation: Invitation } | undefined> {
  return pool.inTransaction(async (tx) => {
    const invitation = await deleteInvitationRow(tx, { providerId: provider.id, accountId, id: invitationId });
    if (!invitation) return undefined;
    await auditInvitation(tx, "deleted", invitation, { provider, by });
    return { invitation };
  });
}
