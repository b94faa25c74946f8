import type { Database } from "#platform/database/database.ts";
import { firstUuid, lastUuid, msOfUuidV7, uuidV7Floor } from "#platform/ids.ts";
import { isoTime, parseIsoTime } from "#platform/times.ts";
import {
  type OutcomeClass,
  outcomeClassOf,
  type FailureCause,
  type FailureCriteria,
  groupIdOf,
  readErrors,
} from "#webhooks/deliveries/index.ts";
import { type DeliveryFilter, type FilterErrors, type StatusRange, necessaryText } from "./filter.ts";

/** A filter of one provider's history, ready to be searched for. */
export interface Search {
  readonly providerId: number;
  readonly filter: DeliveryFilter;
  /** The accounts that the filter names. Undefined: all. */
  readonly accountIds: readonly number[] | undefined;
}

/** One probe per account and day of history, so that a page takes tens of milliseconds at most. */
const accountsMax = 100;

const accountsStatement = `
  select id from (
    (select id from accounts
      where provider_id = $1 and lower(org_name) ~>=~ lower($2) and lower(org_name) ~<~ (lower($2) || chr(1114111))
      limit $3)
    union
    (select account_id from (
        select account_id, account_name from events
        where provider_id = $1 and type = 'account.deleted'
        order by id desc limit 10000) deleted
      where starts_with(lower(account_name), lower($2))
      limit $3)
  ) account
  limit $3`;

/** Finds the accounts that a filter names: by accounts_name_idx, and the last 10,000 deleted ones by events_type_idx. */
export async function prepareSearch(
  db: Database,
  providerId: number,
  filter: DeliveryFilter,
): Promise<{ readonly search: Search } | { readonly refused: FilterErrors }> {
  const { account } = filter;
  if (account === undefined) return { search: { providerId, filter, accountIds: undefined } };
  if (typeof account === "number") return { search: { providerId, filter, accountIds: [account] } };
  const found = await db.query<{ id: number }>(accountsStatement, [providerId, account, accountsMax + 1]);
  if (found.length > accountsMax) {
    const sentence = `begins the names of more than ${accountsMax} accounts: give more of the name, or an id`;
    return { refused: { account: [sentence] } };
  }
  return { search: { providerId, filter, accountIds: found.map(({ id }) => id) } };
}

export const timeOfId = (id: string): Date => parseIsoTime(isoTime(msOfUuidV7(id)));

/** Returns $1 to $19 of all statements, which `sources.ts` and `statements.ts` use. */
export function searchValues({ providerId, filter, accountIds }: Search): readonly unknown[] {
  const { since, until, statuses, actor } = filter;
  return [
    providerId,
    filter.states,
    filter.endpointIds,
    filter.eventTypes,
    since ? uuidV7Floor(since.getTime()) : firstUuid,
    until ? uuidV7Floor(until.getTime()) : lastUuid,
    statuses?.map(({ from }) => from),
    statuses?.map(({ to }) => to),
    failureClasses(filter),
    filter.attemptsMin,
    filter.attemptsMax,
    filter.latencyMin,
    accountIds,
    filter.objectId,
    actor?.kind,
    actor?.userId,
    filter.channels,
    filter.eventIds,
    necessaryTexts(filter),
  ];
}

/**
 * Returns the classes of failed attempts to which the last attempt must belong, or undefined if it may have succeeded.
 * Successes have statuses from 200 to 299, so other statuses are failures.
 */
export function failureClasses({ errorClasses, statuses }: DeliveryFilter): readonly OutcomeClass[] | undefined {
  if (!statuses || statuses.some(({ from, to }) => from <= 299 && to >= 200)) return errorClasses;
  const classes = new Set(statuses.flatMap(classesOfRange));
  return errorClasses?.filter((each) => classes.has(each)) ?? [...classes];
}

function classesOfRange({ from, to }: StatusRange): readonly OutcomeClass[] {
  const hundreds = Array.from({ length: Math.floor(to / 100) - Math.floor(from / 100) + 1 }, (_, index) => index * 100);
  return hundreds.map((hundred) => outcomeClassOf({ status: from + hundred, errorClass: null }));
}

function necessaryTexts({ words, payload }: DeliveryFilter): readonly string[] | undefined {
  if (!words && !payload) return undefined;
  return [...(words ?? []), ...(payload ? [payload.text] : [])].map(necessaryText).filter((text) => text !== "");
}

/** The criteria of the filter that failures have. A failure is the end of a delivery, so others say nothing about it. */
export const failureFieldNames = [
  "endpoint_id",
  "event_type",
  "since",
  "until",
  "status",
  "error_class",
  "account",
  "object_id",
  "event_id",
  "q",
] as const;

/**
 * Returns the criteria of the failures that match a filter and belong to a group, if one is given. Times are those of
 * the failures. Statuses, classes and groups are causes, which derive from the stored errors.
 */
export async function failureCriteria(
  db: Database,
  { providerId, filter, accountIds }: Search,
  groupId?: string,
): Promise<FailureCriteria> {
  const { endpointIds, eventIds, eventTypes, since, until, objectId, words } = filter;
  const criteria = { providerId, endpointIds, eventIds, eventTypes, since, until, accountIds, objectId, words };
  if (groupId === undefined && !filter.statuses && !filter.errorClasses) return criteria;
  const found = await readErrors(
    db,
    providerId,
    (cause, endpointId) =>
      hasCause(filter, cause) && (groupId === undefined || groupIdOf(endpointId, cause) === groupId),
  );
  const failing = new Set(found.map(({ endpointId }) => endpointId));
  return {
    ...criteria,
    endpointIds: endpointIds?.filter((id) => failing.has(id)) ?? [...failing],
    errors: [...new Set(found.map(({ error }) => error))],
  };
}

const hasCause = ({ statuses, errorClasses }: DeliveryFilter, { status, errorClass }: FailureCause): boolean =>
  (!statuses || (status !== null && statuses.some(({ from, to }) => status >= from && status <= to))) &&
  (!errorClasses || errorClasses.some((each) => each === errorClass));
