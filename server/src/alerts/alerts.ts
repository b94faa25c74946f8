import { type Actor, recordAudit } from "#access/index.ts";
import { leavingProviders } from "#platform/database/connection.ts";
import type { Database, Pool } from "#platform/database/database.ts";
import type { AlertKind } from "./decide.ts";

/** A problem of an endpoint that a rule has found. */
export interface Alert {
  readonly id: number;
  readonly endpointId: number;
  readonly endpointName: string;
  readonly kind: AlertKind;
  /** `clearing`: the recovery must last a while before the alert closes. */
  readonly state: "open" | "clearing" | "closed";
  /** At the last evaluation that knew it. */
  readonly value: number | null;
  readonly threshold: number | null;
  readonly sentence: string;
  readonly openedAt: Date;
  readonly closedAt: Date | null;
  readonly isMuted: boolean;
  /** When a muted alert notifies again. Null: when it closes. */
  readonly mutedUntil: Date | null;
}

// A mute that has run out is none.
const isMuted = `alert.is_muted and (alert.muted_until is null or alert.muted_until > clock_timestamp())`;

const alertColumns = `alert.id, alert.endpoint_id, endpoint.name as "endpointName", alert.kind, alert.state, alert.value,
  alert.threshold, alert.sentence, alert.opened_at, alert.closed_at, ${isMuted} as is_muted,
  case when ${isMuted} then alert.muted_until end as muted_until`;

const alertsWithEndpoints = `
  from alerts alert
  join endpoints endpoint on endpoint.provider_id = alert.provider_id and endpoint.id = alert.endpoint_id
  where alert.provider_id = $1 and alert.state <> 'pending'`;

export interface AlertFilter {
  readonly providerId: number;
  readonly isClosed?: boolean | undefined;
  readonly endpointId?: number | undefined;
  /** The last alert of the previous page. */
  readonly before?: number | undefined;
  readonly limit: number;
}

// Along the primary key.
const listStatement = `
  select ${alertColumns} ${alertsWithEndpoints}
    and ($2::boolean is null or (alert.state = 'closed') = $2)
    and ($3::bigint is null or alert.endpoint_id = $3)
    and ($4::bigint is null or alert.id < $4)
  order by alert.id desc
  limit $5`;

/** Lists alerts, newest first. */
export const listAlerts = (db: Database, filter: AlertFilter): Promise<Alert[]> =>
  db.query<Alert>(listStatement, [filter.providerId, filter.isClosed, filter.endpointId, filter.before, filter.limit]);

const readStatement = `select ${alertColumns} ${alertsWithEndpoints} and alert.id = $2`;

export async function readAlert(db: Database, providerId: number, id: number): Promise<Alert | undefined> {
  const [alert] = await db.query<Alert>(readStatement, [providerId, id]);
  return alert;
}

// A muted alert counts as not notified: when a mute runs out, the next evaluation notifies again. After a manual unmute
// nobody needs a message.
const muteStatement = `
  update alerts
  set is_muted = $3, muted_until = $4, notified_at = case when $3 then null else clock_timestamp() end
  where provider_id = $1 and id = $2 and state in ('open', 'clearing')
  returning id`;

export interface MuteChange {
  readonly providerId: number;
  readonly id: number;
  readonly actor: Actor;
  /** False ends a mute. */
  readonly isMuted: boolean;
  /** Null: until the alert closes. */
  readonly until: Date | null;
}

/** Mutes an open alert, for a time or until it closes, or ends the mute. Returns undefined if it is not open. */
export async function muteAlert(
  pool: Pool,
  { providerId, id, actor, isMuted: mutes, until }: MuteChange,
): Promise<Alert | undefined> {
  return pool.inTransaction(async (tx) => {
    const [changed] = await tx.query<{ id: number }>(muteStatement, [providerId, id, mutes, until]);
    if (!changed) return undefined;
    const action = mutes ? "alert.muted" : "alert.unmuted";
    const detail = mutes ? { until: until?.toISOString() ?? null } : {};
    await recordAudit(tx, { providerId, actor, action, subject: `alert/${id}`, detail });
    return readAlert(tx, providerId, id);
  });
}

// Along alerts_closed_idx, rows of all providers.
const deleteOldStatement = `
  delete from alerts
  where (provider_id, id) in (
    select provider_id, id from alerts
    where state = 'closed' and closed_at < $1::timestamptz - make_interval(days => $2)
      and provider_id not in (${leavingProviders})
    order by closed_at limit 1000
    for update skip locked)
  returning id`;

/** Deletes up to 1,000 closed alerts older than the retention and returns how many. Call it again until it returns 0. */
export const deleteOldAlerts = async (db: Database, now: Date, retentionDays: number): Promise<number> =>
  (await db.query(deleteOldStatement, [now, retentionDays])).length;
