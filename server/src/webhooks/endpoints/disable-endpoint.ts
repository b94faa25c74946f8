import { recordAudit } from "#access/index.ts";
import type { Pool } from "#platform/database/database.ts";

// Of an endpoint that is enabled: one that an admin has paused meanwhile stays as he left it. Once it is enabled again, its
// failures count from zero.
const statement = `
  with disabled as (
    update endpoints set state = 'disabled', disabled_reason = $2, disabled_told = false, version = version + 1,
      updated_at = now()
    where id = $1 and state = 'enabled' and deleted_at is null
    returning id, provider_id
  ), lane as (
    update lanes set failing_since = null, failed_attempts = 0 from disabled where lanes.endpoint_id = disabled.id
  )
  select provider_id from disabled`;

/**
 * Stops an endpoint whose receiver is gone, or has failed for too long. Events are recorded and held, the pages say why,
 * and the provider's admins are written to.
 */
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
