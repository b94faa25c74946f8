import { recordAudit } from "#access/index.ts";
import type { Pool } from "#platform/database/database.ts";

// Of an endpoint that is enabled: one that an admin has paused meanwhile stays as he left it.
const statement = `
  update endpoints set state = 'disabled', disabled_reason = $2, version = version + 1, updated_at = now()
  where id = $1 and state = 'enabled' and deleted_at is null
  returning provider_id as "providerId"`;

/** Stops an endpoint whose receiver says that it is gone for good. What is due is held, and the pages say why. */
export async function disableEndpoint(pool: Pool, endpointId: number, reason: string): Promise<void> {
  await pool.inTransaction(async (tx) => {
    const [endpoint] = await tx.query<{ providerId: number }>(statement, [endpointId, reason]);
    if (!endpoint) return;
    const deed = { action: "endpoint.disabled", subject: `endpoint/${endpointId}`, detail: { reason } };
    await recordAudit(tx, { ...endpoint, ...deed, actor: { kind: "system" } });
    tx.hintAfterCommit("endpoints", String(endpointId));
    tx.hintAfterCommit("history", "");
  });
}
