import { recordAudit, type Actor } from "#access/index.ts";
import type { Pool, Transaction } from "#platform/database/database.ts";

const markDeleted = `
  update endpoints set deleted_at = now(), version = version + 1
  where provider_id = $1 and id = $2 and deleted_at is null
  returning name`;

// Off the live table and ended, in one statement, so that none is forgotten between the two.
const cancelDue = `
  with gone as (
    delete from due where endpoint_id = any($1)
    returning *
  )
  insert into deliveries (provider_id, event_id, endpoint_id, state, attempts_made, replay, format)
  select provider_id, event_id, endpoint_id, 'cancelled', attempts_made, replay, format from gone
  on conflict (provider_id, event_id, endpoint_id) do update
    set state = excluded.state, attempts_made = excluded.attempts_made, replay = excluded.replay, ended_at = clock_timestamp()
  returning event_id`;

/** Its pending deliveries are cancelled; its history and its name stay. False when there is no such endpoint. */
export async function deleteEndpoint(
  pool: Pool,
  { providerId, id, actor }: { providerId: number; id: number; actor: Actor },
): Promise<boolean> {
  return pool.inTransaction(async (tx) => {
    const [deleted] = await tx.query<{ name: string }>(markDeleted, [providerId, id]);
    if (!deleted) return false;
    await tx.query(cancelDue, [[id]]);
    await recordAudit(tx, {
      providerId,
      actor,
      action: "endpoint.deleted",
      subject: `endpoint/${id}`,
      detail: deleted,
    });
    tx.hintAfterCommit("endpoints", String(id));
    tx.hintAfterCommit("history", "");
    return true;
  });
}

const recentlyDeleted = `select id from endpoints where deleted_at > now() - interval '1 day'`;

/**
 * Cancels what was recorded for endpoints while they were being deleted: the two do not wait for each other. For a
 * house-keeper, now and then. Gives how many.
 */
export async function cancelDueOfDeletedEndpoints(tx: Transaction): Promise<number> {
  const deleted = await tx.query<{ id: number }>(recentlyDeleted);
  const cancelled = await tx.query(cancelDue, [deleted.map(({ id }) => id)]);
  if (cancelled.length > 0) tx.hintAfterCommit("history", "");
  return cancelled.length;
}
