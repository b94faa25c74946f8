import type { Database } from "#platform/database/database.ts";
import type { Encryption } from "#platform/encryption/encryption.ts";
import { readFailureHorizon } from "#webhooks/deliveries/index.ts";

/** A delivery whose attempts are used up. */
export interface Failure {
  /** The event's id, which the receiver knows as `webhook-id`. */
  readonly eventId: string;
  readonly endpointId: number;
  readonly endpointName: string;
  readonly eventType: string;
  readonly accountId: number;
  readonly accountName: string;
  readonly attemptsMade: number;
  /** When it was given up. */
  readonly failedAt: Date;
  readonly error: string;
  /** Where the last attempt went, with the values of its query. */
  readonly url: string;
  /** The bytes that were sent. */
  readonly body: Buffer;
}

export interface FailureFilter {
  readonly providerId: number;
  readonly endpointId?: number | undefined;
  /** Up to and including this moment; lists never show a second to which something may yet be added. */
  readonly until?: Date | undefined;
  readonly eventIds?: readonly string[] | undefined;
}

// An entry is shown once its second has passed and nobody is left who may add another to that: times are told in whole
// seconds, so whoever deletes up to a time that he read can only delete what he has seen, and no cursor passes one by.
const entries = `
  select failure.event_id as "eventId", failure.endpoint_id as "endpointId", endpoint.name as "endpointName",
    event.type as "eventType", event.account_id as "accountId", event.account_name as "accountName",
    ended.attempts_made as "attemptsMade", failure.failed_at as "failedAt", failure.error, failure.url as cipher, payload.body
  from failures failure
  join endpoints endpoint on endpoint.provider_id = failure.provider_id and endpoint.id = failure.endpoint_id
  join events event on event.provider_id = failure.provider_id and event.id = failure.event_id
  join deliveries ended on ended.provider_id = failure.provider_id and ended.event_id = failure.event_id
    and ended.endpoint_id = failure.endpoint_id
  join payloads payload on payload.provider_id = failure.provider_id and payload.event_id = failure.event_id
    and payload.format = ended.format
  where failure.provider_id = $1
    and ($2::bigint is null or failure.endpoint_id = $2)
    and ($3::timestamptz is null or date_trunc('second', failure.failed_at) <= $3)
    and ($4::uuid[] is null or failure.event_id = any($4))
    and failure.failed_at < $5`;

// Both along failures_list_idx, in either direction.
const statements = {
  oldest: `${entries}
    and ($6::timestamptz is null or (failure.failed_at, failure.event_id, failure.endpoint_id) > ($6, $7, $8))
  order by failure.failed_at, failure.event_id, failure.endpoint_id
  limit $9`,
  newest: `${entries}
    and ($6::timestamptz is null or (failure.failed_at, failure.event_id, failure.endpoint_id) < ($6, $7, $8))
  order by failure.failed_at desc, failure.event_id desc, failure.endpoint_id desc
  limit $9`,
};

export interface FailurePage {
  /** Which come first: the oldest, if nothing is said. */
  readonly order?: keyof typeof statements | undefined;
  readonly after?: { readonly failedAt: Date; readonly eventId: string; readonly endpointId: number } | undefined;
  readonly limit?: number | undefined;
}

export async function listFailures(
  db: Database,
  encryption: Encryption,
  filter: FailureFilter,
  page: FailurePage = {},
): Promise<Failure[]> {
  const rows = await db.query<Omit<Failure, "url"> & { cipher: Buffer }>(statements[page.order ?? "oldest"], [
    filter.providerId,
    filter.endpointId,
    filter.until,
    filter.eventIds,
    await readFailureHorizon(db),
    page.after?.failedAt,
    page.after?.eventId,
    page.after?.endpointId,
    page.limit,
  ]);
  return rows.map(({ cipher, ...failure }) => ({ ...failure, url: encryption.decrypt("endpoint url", cipher) }));
}

const count = `
  select count(*) as count from failures where provider_id = $1 and ($2::bigint is null or endpoint_id = $2)`;

/** How many deliveries wait for somebody to deal with them. */
export async function countFailures(db: Database, providerId: number, endpointId?: number): Promise<number> {
  const [row] = await db.query<{ count: number }>(count, [providerId, endpointId]);
  return row?.count ?? 0;
}
