import type { Database } from "#platform/database/database.ts";

/** What is due, by endpoints, and who serves it. */
export interface DueLanes {
  /** Endpoints whose deliveries wait for an engine, whatever hint was lost. */
  readonly free: readonly number[];
  /** How many with something due are the asking engine's. */
  readonly own: number;
  /** How many with something due are some living engine's. */
  readonly owned: number;
  /** How many engines live. */
  readonly engines: number;
}

// The lane's first due time is a subquery with a limit and not an `exists`: PostgreSQL may answer an `exists` from a hash of
// all due rows, which took 300 ms with a million of them.
//
// Lanes that have something due and that nobody serves: no owner, or one whose heart has stopped for a lease. Skips from
// endpoint to endpoint through due_lane_idx, two index probes each, so a full lane's million rows are never walked to
// find another lane's one, and endpoints with nothing due cost nothing. Beside them, how many are served, since they have
// been met anyway. Locks nothing: take-lanes.ts does.
const statement = `
  with recursive waiting (endpoint_id) as (
    (select endpoint_id from due order by endpoint_id limit 1)
    union all
    select (select due.endpoint_id from due where due.endpoint_id > waiting.endpoint_id order by due.endpoint_id limit 1)
    from waiting where waiting.endpoint_id is not null
  ), living as (
    select id from engines where beat_at >= clock_timestamp() - make_interval(secs => $2)
  ), lane as (
    select waiting.endpoint_id, living.id as owner,
      case when living.id is null then
        (lanes.not_before is null or lanes.not_before <= clock_timestamp())
        and (
          select due.due_at from due where due.endpoint_id = waiting.endpoint_id order by due.due_at limit 1
        ) <= clock_timestamp()
        and exists (select from endpoints where endpoints.id = waiting.endpoint_id and endpoints.active
          and endpoints.state = 'enabled' and endpoints.deleted_at is null)
      end as is_free
    from waiting
    join lanes on lanes.endpoint_id = waiting.endpoint_id
    left join living on living.id = lanes.owner
  )
  select coalesce(array_agg(endpoint_id) filter (where is_free), '{}') as free,
    count(*) filter (where owner = $1) as own, count(owner) as owned, (select count(*) from living) as engines
  from lane`;

/** Looks for lanes that nobody serves, for an engine that serves some. */
export async function findDueLanes(
  db: Database,
  { engineId, leaseSeconds }: { readonly engineId: string; readonly leaseSeconds: number },
): Promise<DueLanes> {
  const [found] = await db.query<DueLanes>(statement, [engineId, leaseSeconds]);
  return found ?? { free: [], own: 0, owned: 0, engines: 0 };
}
