import { Type, type Static } from "typebox";
import { jobLimits } from "#platform/limits.ts";
import { listDeliveries, parseDeliveryId, readGroupErrors, selectFailures } from "#webhooks/deliveries/index.ts";
import { eventTypes } from "#webhooks/events/index.ts";
import type { JobSubject, RowKey, SelectRows } from "#webhooks/jobs/index.ts";
import { matchingRows } from "#webhooks/search/index.ts";
import { Problem } from "../shared/problem.ts";
import { EventId, IdOf, parseTimes, parseUuid, Timestamp } from "./fields.ts";

/** The filter of a job. Which fields apply depends on the rows. */
export const JobFilterSchema = Type.Object(
  {
    endpoint_id: Type.Optional(IdOf("an endpoint")),
    state: Type.Optional(Type.Enum(["pending", "delivered", "failed", "cancelled"])),
    event_type: Type.Optional(Type.Enum([...eventTypes])),
    event_id: Type.Optional(EventId),
    account_id: Type.Optional(IdOf("an account")),
    object_id: Type.Optional(IdOf("an account, a user or an application")),
    group: Type.Optional(
      Type.String({ pattern: "^[0-9a-f]{24}$", description: "The id of a group of `listFailureGroups`." }),
    ),
    since: Type.Optional(
      Type.String({ ...Timestamp, description: "Of events; of failures, the time at which they failed. Inclusive." }),
    ),
    until: Type.Optional(Type.String({ ...Timestamp, description: "Exclusive." })),
  },
  {
    title: "JobFilter",
    description: "Rows that match all fields. An empty filter matches every row.",
    additionalProperties: false,
  },
);
export type JobFilter = Static<typeof JobFilterSchema>;

const deliveryFields = ["endpoint_id", "state", "event_type", "event_id", "since", "until"] as const;

/** The fields that apply to each kind of rows. */
const filterFields: Readonly<Record<JobSubject, readonly (keyof JobFilter)[]>> = {
  deliveries: deliveryFields,
  attempts: deliveryFields,
  failures: ["endpoint_id", "group", "since", "until"],
  events: ["event_type", "account_id", "object_id", "since", "until"],
};

/** Refuses fields that do not apply to the rows: an ignored one would widen the selection. */
function requireFieldsOf(subject: JobSubject, filter: JobFilter): void {
  const wrong = Object.keys(filter).filter((name) => !filterFields[subject].some((field) => field === name));
  if (wrong.length === 0) return;
  const message = `does not apply to ${subject}`;
  throw new Problem("invalid", { errors: Object.fromEntries(wrong.map((name) => [`filter.${name}`, [message]])) });
}

const pageRows = 1000;

/** Returns a function that reads the rows of a filter. */
export function selectByFilter(providerId: number, subject: JobSubject, filter: JobFilter): SelectRows {
  requireFieldsOf(subject, filter);
  const times = parseTimes(filter, ["since", "until"]);
  switch (subject) {
    case "failures":
      return (db) => matchingFailures(db, { providerId, filter, ...times });
    case "events":
      return (db) => matchingEvents(db, { providerId, filter, ...times });
    case "deliveries":
    case "attempts": {
      const { endpoint_id: endpointId, state, event_type: eventType, event_id } = filter;
      const eventIds = event_id === undefined ? undefined : [event_id];
      const deliveries = { providerId, endpointId, state, eventType, eventIds, ...times };
      return (db) => readPages((after) => listDeliveries(db, { ...deliveries, after, limit: pageRows }));
    }
  }
}

/** Yields pages until one is not full. `read` gets the last row of the previous page. */
async function* readPages(
  read: (after: RowKey | undefined) => Promise<readonly RowKey[]>,
): AsyncGenerator<readonly RowKey[], void> {
  for (let after: RowKey | undefined; ;) {
    const page = await read(after);
    yield page;
    if (page.length < pageRows) return;
    after = page.at(-1);
  }
}

async function* matchingEvents(
  db: Parameters<SelectRows>[0],
  {
    providerId,
    filter: { event_type, account_id, object_id },
    ...times
  }: { readonly providerId: number; readonly filter: JobFilter; readonly since?: Date; readonly until?: Date },
): AsyncGenerator<readonly RowKey[], void> {
  const eventTypesNamed = event_type === undefined ? undefined : [event_type];
  const filter = { ...times, eventTypes: eventTypesNamed, account: account_id, objectId: object_id };
  const search = { providerId, filter, accountIds: account_id === undefined ? undefined : [account_id] };
  for await (const { rows } of matchingRows(db, "events", search)) {
    yield rows.map(({ eventId }) => ({ eventId, endpointId: 0 }));
  }
}

async function* matchingFailures(
  db: Parameters<SelectRows>[0],
  {
    providerId,
    filter: { endpoint_id, group },
    ...times
  }: { readonly providerId: number; readonly filter: JobFilter; readonly since?: Date; readonly until?: Date },
): AsyncGenerator<readonly RowKey[], void> {
  const ofEndpoint = endpoint_id === undefined ? undefined : [endpoint_id];
  if (group === undefined) return yield* selectFailures(db, { providerId, endpointIds: ofEndpoint, ...times });
  const stored = await readGroupErrors(db, { providerId, groupId: group });
  if (!stored || (endpoint_id !== undefined && stored.endpointId !== endpoint_id)) return;
  yield* selectFailures(db, { providerId, endpointIds: [stored.endpointId], errors: stored.errors, ...times });
}

export const JobIdsSchema = Type.Array(Type.String({ minLength: 1 }), {
  minItems: 1,
  maxItems: jobLimits.ids.max,
  description: "Ids of deliveries; of events, where events are exported.",
});

/** Returns a function that reads the rows of these ids, the newest event first. */
export function selectByIds(subject: JobSubject, ids: readonly string[]): SelectRows {
  const keys = [...new Set(ids)].map((id): RowKey => {
    const eventId = subject === "events" ? parseUuid(id) : undefined;
    const key = eventId === undefined ? parseDeliveryId(id) : { eventId, endpointId: 0 };
    if (!key || (subject === "events") !== (key.endpointId === 0)) {
      throw new Problem("invalid", { errors: { ids: [`has ${id}, which is not an id of ${subject}`] } });
    }
    return key;
  });
  const newestFirst = keys.toSorted((one, other) => (one.eventId < other.eventId ? 1 : -1));
  return async function* () {
    yield newestFirst;
  };
}
