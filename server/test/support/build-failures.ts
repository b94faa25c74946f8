import type { Pool } from "#platform/database/database.ts";
import { encryption } from "./build-webhooks.ts";

/** Fails due deliveries: now, or from an hour ago, one second apart. */
const failStatement = `
  with removed as (
    delete from due where provider_id = $1 returning *
  ), ended as (
    insert into deliveries (provider_id, event_id, endpoint_id, state, attempts_made, format)
    select provider_id, event_id, endpoint_id, 'failed', attempts_made + 1, format from removed
    on conflict (provider_id, event_id, endpoint_id) do update set attempts_made = excluded.attempts_made
  )
  insert into failures (provider_id, endpoint_id, event_id, error, url, failed_at)
  select provider_id, endpoint_id, event_id, 'Answered 500', $3,
    case when $2 then clock_timestamp()
      else now() - interval '1 hour' + make_interval(secs => row_number() over (order by event_id)) end
  from removed
  returning event_id`;

const url = encryption.encrypt("endpoint url", "https://hooks.example/3s");

/** Fails all due deliveries of a provider, and returns their events. */
export async function fail(pool: Pool, providerId: number, when: "now" | "an hour ago"): Promise<string[]> {
  const rows = await pool.query<{ eventId: string }>(failStatement, [providerId, when === "now", url]);
  return rows.map(({ eventId }) => eventId);
}
