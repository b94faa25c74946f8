import { recordAudit, type By } from "#access/index.ts";
import type { Transaction } from "#platform/database/database.ts";
import type { Provider } from "#portal/providers/index.ts";

import type { Invitation } from "./invitation.ts";

/** Invitations raise no events; the audit says who of the provider invited whom, or took it back. */
export const auditInvitation = (
  tx: Transaction,
  deed: "created" | "resent" | "deleted",
  { id, accountId, email }: Invitation,
  { provider, by }: { readonly provider: Provider; readonly by: By },
): Promise<void> =>
  recordAudit(tx, {
    providerId: provider.id,
    actor: by.actor,
    action: `invitation.${deed}`,
    subject: `invitation/${id}`,
    detail: { accountId, email },
  });
