import { Type, type Static } from "typebox";
import type { Database } from "#platform/database/database.ts";
import { jobLimits } from "#platform/limits.ts";
import type { Provider } from "#portal/providers/index.ts";
import { parseDeliveryId, selectFailures } from "#webhooks/deliveries/index.ts";
import { type JobSubject, type RowKey, type SelectRows, TooManyRows } from "#webhooks/jobs/index.ts";
import {
  type ListName,
  type Search,
  type SearchNeeds,
  deliveryFilterFields,
  failureCriteria,
  failureFieldNames,
  hasClearlyMore,
  matchingKeys,
  withAbsoluteTimes,
} from "#webhooks/search/index.ts";
import { Problem } from "../shared/problem.ts";
import { parseUuid } from "./fields.ts";
import { requireSearch } from "./searches.ts";

/** The filter of a job: that of the lists. Which fields apply depends on the rows. */
export const JobFilterSchema = Type.Object(
  {
    ...deliveryFilterFields,
    group: Type.Optional(
      Type.String({ pattern: "^[0-9a-f]{24}$", description: "Failures of this group of `listFailureGroups`." }),
    ),
  },
  {
    title: "JobFilter",
    description:
      "The rows of the list with the same filter. An empty filter matches every row. `since` and `until` of failures are " +
      "the times at which they failed.",
    additionalProperties: false,
  },
);
export type JobFilter = Static<typeof JobFilterSchema>;

const failureFields: ReadonlySet<string> = new Set([...failureFieldNames, "group"]);

const appliesTo = (subject: JobSubject, name: string): boolean =>
  subject === "failures" ? failureFields.has(name) : name !== "group";

/** Refuses fields that do not apply to the rows: an ignored one would widen the selection. */
function requireFieldsOf(subject: JobSubject, filter: JobFilter): void {
  const wrong = Object.keys(filter).filter((name) => !appliesTo(subject, name));
  if (wrong.length === 0) return;
  const message = `does not apply to ${subject}`;
  throw new Problem("invalid", { errors: Object.fromEntries(wrong.map((name) => [`filter.${name}`, [message]])) });
}

/** Rows that a filter selects. */
export interface FilteredRows {
  /** The filter with absolute times, so that it can be read later. */
  readonly filter: Readonly<Record<string, unknown>>;
  readonly rows: SelectRows;
}

/** Returns a function that reads all rows of a filter: those of the list, however long the search takes. */
export async function selectByFilter(
  needs: SearchNeeds,
  {
    provider,
    subject,
    filter,
    now,
  }: { readonly provider: Provider; readonly subject: JobSubject; readonly filter: JobFilter; readonly now: Date },
): Promise<FilteredRows> {
  requireFieldsOf(subject, filter);
  const { group, ...fields } = filter;
  const search = await requireSearch(needs.db, { provider, fields, now, path: "filter." });
  return {
    filter: { ...filter, ...withAbsoluteTimes(fields, now) },
    rows: (db) =>
      subject === "failures"
        ? matchingFailures(db, search, group)
        : matchingRowKeys({ ...needs, db }, { list: subject, search, now }),
  };
}

async function* matchingRowKeys(
  needs: SearchNeeds,
  { list, search, now }: { readonly list: ListName; readonly search: Search; readonly now: Date },
): AsyncGenerator<readonly RowKey[], void> {
  if (await hasClearlyMore(needs.db, list, search, jobLimits.rows.max)) throw new TooManyRows();
  for await (const keys of matchingKeys(needs, list, search, now)) {
    yield list === "attempts" ? keys : keys.map(({ eventId, endpointId }) => ({ eventId, endpointId }));
  }
}

async function* matchingFailures(
  db: Database,
  search: Search,
  group: string | undefined,
): AsyncGenerator<readonly RowKey[], void> {
  yield* selectFailures(db, await failureCriteria(db, search, group));
}

export const JobIdsSchema = Type.Array(Type.String({ minLength: 1 }), {
  minItems: 1,
  maxItems: jobLimits.ids.max,
  description:
    "Ids of deliveries. For exports of events, ids of events; for exports of attempts, ids of attempts or deliveries.",
});

/** Parses the id of an attempt: the delivery's, a dot and the attempt's number. */
function parseAttemptId(id: string): RowKey | undefined {
  const [, delivery = "", number] = /^(.+)\.([1-9]\d{0,4})$/.exec(id) ?? [];
  const key = parseDeliveryId(delivery);
  return key && { ...key, number: Number(number) };
}

const keyOfEvent = (id: string): RowKey | undefined => {
  const eventId = parseUuid(id);
  return eventId === undefined ? undefined : { eventId, endpointId: 0 };
};

const parseKey: Readonly<Record<JobSubject, (id: string) => RowKey | undefined>> = {
  deliveries: parseDeliveryId,
  failures: parseDeliveryId,
  attempts: (id) => parseAttemptId(id) ?? parseDeliveryId(id),
  events: keyOfEvent,
};

/** Returns a function that reads the first row of each event: a replay sends an event once, however many of its deliveries are selected. */
export const onceEach = (rows: SelectRows): SelectRows =>
  async function* (db) {
    const eventIds = new Set<string>();
    for await (const batch of rows(db)) {
      yield batch.filter(({ eventId }) => {
        const isFirst = !eventIds.has(eventId);
        eventIds.add(eventId);
        return isFirst;
      });
    }
  };

/** Returns a function that reads the rows of these ids, the newest event first. */
export function selectByIds(subject: JobSubject, ids: readonly string[]): SelectRows {
  const keys = [...new Set(ids)].map((id): RowKey => {
    const key = parseKey[subject](id);
    if (key) return key;
    throw new Problem("invalid", { errors: { ids: [`has ${id}, which is not an id of ${subject}`] } });
  });
  const newestFirst = keys.toSorted((one, other) => (one.eventId < other.eventId ? 1 : -1));
  return async function* () {
    yield newestFirst;
  };
}
