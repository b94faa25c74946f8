import type { Database } from "#platform/database/database.ts";
import { UndecryptableValue, type Encryption } from "#platform/encryption/encryption.ts";
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
  select failure.event_id, failure.endpoint_id, endpoint.name as "endpointName",
    event.type as "eventType", event.account_id, event.account_name,
    ended.attempts_made, failure.failed_at, failure.error, failure.url as cipher, payload.body
  from failures failure
  join endpoints endpoint on endpoint.provider_id = failure.provider_id and endpoint.id = failure.endpoint_id
  join events event on event.provider_id = failure.provider_id and event.id = failure.event_id
  join deliveries ended on ended.provider_id = failure.provider_id and ended.event_id = failure.event_id
    and ended.endpoint_id = failure.endpoint_id
  join payloads payload on payload.provider_id = failure.provider_id and payload.event_id = failure.event_id
    and payload.format = ended.format
  where failure.provider_id = $1
    and ($3::uuid[] is null or failure.event_id = any($3))
    and failure.failed_at < least($4::timestamptz, date_trunc('second', $2::timestamptz) + interval '1 second')`;

// From the cursor on, in either direction, so that a page of a million reads no more than a page: along failures_age_idx, or
// along failures_list_idx when it is of one endpoint.
const oldestFirst = `and (failure.failed_at, failure.event_id, failure.endpoint_id) > ($5::timestamptz, $6::uuid, $7::bigint)
  order by failure.failed_at, failure.event_id, failure.endpoint_id
  limit $8`;
const newestFirst = `and (failure.failed_at, failure.event_id, failure.endpoint_id) < ($5::timestamptz, $6::uuid, $7::bigint)
  order by failure.failed_at desc, failure.event_id desc, failure.endpoint_id desc
  limit $8`;
const statements = {
  ofAll: { oldest: `${entries} ${oldestFirst}`, newest: `${entries} ${newestFirst}` },
  ofOne: {
    oldest: `${entries} and failure.endpoint_id = $9 ${oldestFirst}`,
    newest: `${entries} and failure.endpoint_id = $9 ${newestFirst}`,
  },
};

const starts = {
  oldest: ["-infinity", "00000000-0000-0000-0000-000000000000", 0],
  newest: ["infinity", "ffffffff-ffff-ffff-ffff-ffffffffffff", 0],
} as const;

export interface FailurePage {
  /** Which come first: the oldest, if nothing is said. */
  readonly order?: keyof typeof starts | undefined;
  readonly after?: { readonly failedAt: Date; readonly eventId: string; readonly endpointId: number } | undefined;
  readonly limit?: number | undefined;
  /** As `readFailureHorizon` gave it before: what has failed since then is not shown. */
  readonly horizon?: Date | undefined;
}

export async function listFailures(
  db: Database,
  encryption: Encryption,
  filter: FailureFilter,
  page: FailurePage = {},
): Promise<Failure[]> {
  const { order = "oldest", after, limit, horizon } = page;
  const { providerId, endpointId, until, eventIds } = filter;
  const from = after ? [after.failedAt, after.eventId, after.endpointId] : starts[order];
  const values = [providerId, until, eventIds, horizon ?? (await readFailureHorizon(db)), ...from, limit];
  type Row = Omit<Failure, "url"> & { readonly cipher: Buffer };
  const rows =
    endpointId === undefined
      ? await db.query<Row>(statements.ofAll[order], values)
      : await db.query<Row>(statements.ofOne[order], [...values, endpointId]);
  return rows.map(({ cipher, ...failure }) => ({ ...failure, url: decryptUrl(encryption, cipher) }));
}

/** One URL that no key can read does not hide the rest of the list. */
function decryptUrl(encryption: Encryption, cipher: Buffer): string {
  try {
    return encryption.decrypt("endpoint url", cipher);
  } catch (error) {
    if (error instanceof UndecryptableValue) return "";
    throw error;
  }
}

const count = `
  select count(*) as count from failures where provider_id = $1 and ($2::bigint is null or endpoint_id = $2)`;

const countStranded = `
  select count(*) as count from failures
  where provider_id = $1 and ($2::bigint is null or endpoint_id = $2)
    and endpoint_id = any(array(select id from endpoints where provider_id = $1 and deleted_at is not null))`;

/** How many of them cannot be retried, since their endpoints were deleted. */
export async function countStrandedFailures(db: Database, providerId: number, endpointId?: number): Promise<number> {
  const [row] = await db.query<{ count: number }>(countStranded, [providerId, endpointId]);
  return row?.count ?? 0;
}

/** How many deliveries wait for somebody to deal with them. */
export async function countFailures(db: Database, providerId: number, endpointId?: number): Promise<number> {
  const [row] = await db.query<{ count: number }>(count, [providerId, endpointId]);
  return row?.count ?? 0;
}
