import type { Database } from "#platform/database/database.ts";
import type { Actor } from "./actor.ts";
import type { AuditRecord } from "./record-audit.ts";

/** A deed as it was kept. */
export interface KeptAuditRecord extends Pick<AuditRecord, "action" | "subject" | "detail"> {
  readonly id: number;
  readonly at: Date;
  readonly actorKind: Exclude<Actor["kind"], "developer">;
  readonly actorId: number | null;
  /** As the user is called now. Null if there is none, or none any more. */
  readonly actorName: string | null;
}

export interface AuditPage {
  /** Where to go on: the id of the last record of the page before. */
  readonly before?: number | undefined;
  readonly limit: number;
}

// Backwards along the primary key. Users are found by theirs, at most one for each record of the page.
const statement = `
  select record.id, record.at, record.actor_kind, record.actor_id,
    provider_user.username as "actorName", record.action, record.subject, record.detail
  from audit_records record
  left join provider_users provider_user
    on provider_user.provider_id = record.provider_id and provider_user.id = record.actor_id
  where record.provider_id = $1 and ($2::bigint is null or record.id < $2)
  order by record.id desc
  limit $3`;

/** Who did what on the admin side, newest first. */
export const listAuditRecords = (
  db: Database,
  providerId: number,
  { before, limit }: AuditPage,
): Promise<KeptAuditRecord[]> => db.query<KeptAuditRecord>(statement, [providerId, before ?? null, limit]);
