import { createHash } from "node:crypto";
import { leavingProviders } from "#platform/database/connection.ts";
import type { Database, Transaction } from "#platform/database/database.ts";
import type { ErrorTotal } from "./failures.ts";
import { outcomeClasses } from "./retry-policy.ts";
import { deliveryId } from "./read-deliveries.ts";

/** The class of a failure's last attempt, or `held` for a delivery that was held for too long. */
export const failureClasses = [...outcomeClasses, "held"] as const;
export type FailureClass = (typeof failureClasses)[number];

/** The cause of a failure: equal for failures that one repair of the receiver resolves. */
export interface FailureCause {
  readonly errorClass: FailureClass;
  /** The status of the last response. Null without a response. */
  readonly status: number | null;
  /** The error with its variable parts replaced. */
  readonly message: string;
}

/** The sentences of errorOf, outcomeOfError and limitBacklogs, by class. The first match counts. */
const classOfSentence: readonly (readonly [RegExp, FailureClass])[] = [
  [/^Answered 2\d\d/, "2xx"],
  [/^Answered 3\d\d/, "3xx"],
  [/^Answered 4\d\d/, "4xx"],
  [/^Answered \d+/, "5xx"],
  [/^(Held for more than|More than \d+ deliveries were held)/, "held"],
  [/^No (connection|complete answer) within/, "timeout"],
  [/ leads to .*(not allowed|denies|not a public address)/, "forbidden"],
  [/^(The certificate of|No TLS connection)/, "tls"],
];

const classOf = (error: string): FailureClass =>
  classOfSentence.find(([sentence]) => sentence.test(error))?.[1] ?? "connection";

/** In this order: a host may contain digits, and an address hexadecimal ones. */
const variableParts: readonly (readonly [RegExp, string])[] = [
  [/https?:\/\/[^\s"']+/gi, "<url>"],
  [/\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/gi, "<id>"],
  [/\[[0-9a-f:.%]+\](:\d+)?/gi, "<address>"],
  [/\b\d{1,3}(\.\d{1,3}){3}(:\d+)?\b/g, "<address>"],
  [/(?<![\w:])([0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4}(?![\w:])/gi, "<address>"],
  [/\b[\w-]+(\.[\w-]+)*\.[a-z][\w-]*(:\d+)?/gi, "<host>"],
  [/\blocalhost(:\d+)?\b/gi, "<host>"],
  [/\b[\w-]+:\d+\b/g, "<host>"],
  [/\b(?=[a-f]*\d)[0-9a-f]{8,}\b/gi, "<id>"],
  [/\d+/g, "<n>"],
];

/** Returns the cause of an error. Numbers, ids, addresses, hosts and URLs do not distinguish causes. */
export function causeOf(error: string): FailureCause {
  const status = /^Answered (\d{3})/.exec(error)?.[1];
  const message = variableParts.reduce((text, [part, name]) => text.replaceAll(part, name), error).slice(0, 500);
  return { errorClass: classOf(error), status: status === undefined ? null : Number(status), message };
}

/** Returns the id of a group. It stays the same as long as the endpoint fails for the same cause. */
export function groupIdOf(endpointId: number, { errorClass, status, message }: FailureCause): string {
  const key = JSON.stringify([endpointId, errorClass, status, message]);
  return createHash("sha256").update(key).digest("hex").slice(0, 24);
}

/** The failures of one endpoint with the same cause. */
export interface FailureGroup extends FailureCause {
  readonly id: string;
  readonly endpointId: number;
  readonly endpointName: string;
  /** True if the endpoint is deleted, so that its failures cannot be retried. */
  readonly isEndpointDeleted: boolean;
  readonly count: number;
  readonly firstFailedAt: Date;
  readonly lastFailedAt: Date;
  readonly newest: { readonly deliveryId: string; readonly error: string };
  readonly mute: { readonly until: Date | null } | null;
}

interface ErrorCount extends Omit<FailureGroup, keyof FailureCause | "id" | "newest" | "mute"> {
  readonly error: string;
  readonly newestEventId: string;
}

// Aggregates in one pass over the provider's part of failures_list_idx: 100,000 failures take about 0.1 s. Errors of
// one cause that differ in their wording are merged afterwards.
const errorsStatement = `
  select counted.*, endpoint.name as "endpointName", endpoint.deleted_at is not null as "isEndpointDeleted"
  from (
    select endpoint_id, error, count(*) as count, min(failed_at) as "firstFailedAt", max(failed_at) as "lastFailedAt",
      max(event_id::text) as "newestEventId"
    from failures
    where provider_id = $1 and ($2::bigint is null or endpoint_id = $2)
    group by endpoint_id, error
  ) counted
  join endpoints endpoint on endpoint.provider_id = $1 and endpoint.id = counted.endpoint_id`;

const mutesStatement = `
  select cause, until from failure_mutes where provider_id = $1 and (until is null or until > $2::timestamptz)`;

/** Returns the groups of a provider's failures, the largest first. */
export async function listFailureGroups(
  db: Database,
  { providerId, endpointId, now }: { readonly providerId: number; readonly endpointId?: number | undefined; now: Date },
): Promise<FailureGroup[]> {
  const [errors, mutes] = await Promise.all([
    db.query<ErrorCount>(errorsStatement, [providerId, endpointId]),
    db.query<{ cause: string; until: Date | null }>(mutesStatement, [providerId, now]),
  ]);
  const muteOf = new Map(mutes.map(({ cause, until }) => [cause, { until }]));
  const groups = new Map<string, FailureGroup>();
  for (const counted of errors) {
    const cause = causeOf(counted.error);
    const id = groupIdOf(counted.endpointId, cause);
    const group = { ...groupOf(counted, cause, id), mute: muteOf.get(id) ?? null };
    const before = groups.get(id);
    groups.set(id, before ? mergeGroups(before, group) : group);
  }
  return [...groups.values()].toSorted((one, other) => other.count - one.count || (one.id < other.id ? -1 : 1));
}

const groupOf = (counted: ErrorCount, cause: FailureCause, id: string): Omit<FailureGroup, "mute"> => {
  const { error, newestEventId, ...rest } = counted;
  const newest = { deliveryId: deliveryId({ eventId: newestEventId, endpointId: counted.endpointId }), error };
  return { ...rest, ...cause, id, newest };
};

const mergeGroups = (one: FailureGroup, other: FailureGroup): FailureGroup => ({
  ...one,
  count: one.count + other.count,
  firstFailedAt: one.firstFailedAt < other.firstFailedAt ? one.firstFailedAt : other.firstFailedAt,
  lastFailedAt: one.lastFailedAt > other.lastFailedAt ? one.lastFailedAt : other.lastFailedAt,
  newest: one.newest.deliveryId > other.newest.deliveryId ? one.newest : other.newest,
});

/** Returns the stored errors of a provider whose causes match, for statements that select their failures. */
export async function readErrors(
  db: Database,
  providerId: number,
  matches: (cause: FailureCause, endpointId: number) => boolean,
): Promise<readonly Pick<ErrorTotal, "endpointId" | "error">[]> {
  const errors = await db.query<ErrorCount>(errorsStatement, [providerId, null]);
  return errors.filter(({ endpointId, error }) => matches(causeOf(error), endpointId));
}

const muteStatement = `
  insert into failure_mutes (provider_id, cause, until) values ($1, $2, $3)
  on conflict (provider_id, cause) do update set until = excluded.until, muted_at = clock_timestamp()`;

/** Mutes a group until a time, or until it is unmuted. Failures that come to it later are muted too. */
export async function muteFailureGroup(
  tx: Transaction,
  mute: { readonly providerId: number; readonly groupId: string; readonly until: Date | null },
): Promise<void> {
  await tx.query(muteStatement, [mute.providerId, mute.groupId, mute.until]);
}

const unmuteStatement = `delete from failure_mutes where provider_id = $1 and cause = $2 returning cause`;

/** Returns false if the group was not muted. */
export async function unmuteFailureGroup(
  tx: Transaction,
  mute: { readonly providerId: number; readonly groupId: string },
): Promise<boolean> {
  return (await tx.query(unmuteStatement, [mute.providerId, mute.groupId])).length > 0;
}

interface MutesOf {
  readonly providerId: number;
  readonly now: Date;
}

/** Counts the failures of muted groups. Reads the failures only if there is a muted group. */
export async function countMutedFailures(db: Database, of: MutesOf): Promise<number> {
  const muted = await readMuted(db, of);
  return muted.size === 0 ? 0 : countIn(muted, await db.query<ErrorCount>(errorsStatement, [of.providerId, null]));
}

/** Returns the sum of some counted failures, and how many of them belong to muted groups. */
export async function totalOf(
  db: Database,
  of: MutesOf,
  counted: readonly ErrorTotal[],
): Promise<{ readonly count: number; readonly muted: number }> {
  return { count: sumOf(counted), muted: countIn(await readMuted(db, of), counted) };
}

/** Returns the ids of muted groups. */
async function readMuted(db: Database, { providerId, now }: MutesOf): Promise<ReadonlySet<string>> {
  const mutes = await db.query<{ cause: string }>(mutesStatement, [providerId, now]);
  return new Set(mutes.map(({ cause }) => cause));
}

const sumOf = (totals: readonly ErrorTotal[]): number => totals.reduce((sum, { count }) => sum + count, 0);

const countIn = (groups: ReadonlySet<string>, counted: readonly ErrorTotal[]): number =>
  sumOf(counted.filter(({ endpointId, error }) => groups.has(groupIdOf(endpointId, causeOf(error)))));

const deleteExpiredStatement = `
  delete from failure_mutes where until < $1::timestamptz and provider_id not in (${leavingProviders})`;

export async function deleteExpiredMutes(db: Database, now: Date): Promise<void> {
  await db.query(deleteExpiredStatement, [now]);
}
