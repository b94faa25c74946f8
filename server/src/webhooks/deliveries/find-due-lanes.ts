import type { Database } from "#platform/database/database.ts";

// Lanes that have something due and that nobody serves: no owner, or one whose heart has stopped for a lease. Skips from
// endpoint to endpoint through due_lane_idx, two index probes each, so a full lane's million rows are never walked to
// find another lane's one, and endpoints with nothing due cost nothing. Locks nothing: take-lanes.ts does.
const statement = `
  with recursive waiting (endpoint_id) as (
    (select endpoint_id from due order by endpoint_id limit 1)
    union all
    select (select due.endpoint_id from due where due.endpoint_id > waiting.endpoint_id order by due.endpoint_id limit 1)
    from waiting where waiting.endpoint_id is not null
  )
  select waiting.endpoint_id as "endpointId"
  from waiting
  join lanes on lanes.endpoint_id = waiting.endpoint_id
  left join engines on engines.id = lanes.owner
  where (lanes.owner is null or engines.beat_at is null or engines.beat_at < clock_timestamp() - make_interval(secs => $1))
    and (lanes.not_before is null or lanes.not_before <= clock_timestamp())
    and exists (select from due where due.endpoint_id = waiting.endpoint_id and due.due_at <= clock_timestamp())
    and exists (select from endpoints where endpoints.id = waiting.endpoint_id and endpoints.active
      and endpoints.state = 'enabled' and endpoints.deleted_at is null)
  limit $2`;

/** Endpoints whose deliveries wait for an engine, whatever hint was lost. */
export async function findDueLanes(
  db: Database,
  { leaseSeconds, limit }: { readonly leaseSeconds: number; readonly limit: number },
): Promise<number[]> {
  const rows = await db.query<{ endpointId: number }>(statement, [leaseSeconds, limit]);
  return rows.map((row) => row.endpointId);
}
