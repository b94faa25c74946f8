import type { Database } from "#platform/database/database.ts";
import { type FailureCause, type FailureCriteria, groupIdOf, readErrors } from "#webhooks/deliveries/index.ts";
import type { DeliveryFilter } from "./filter.ts";
import type { Search } from "./search-values.ts";

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
