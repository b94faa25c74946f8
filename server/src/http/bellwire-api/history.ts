import { Type, type Static } from "typebox";
import { denialReason } from "#access/index.ts";
import {
  hasHistory,
  listHistory,
  readHistoryEntry,
  readObjectAt,
  type FieldChange,
  type HistoryEntry,
  type HistoryEntryDetails,
  type HistorySubject,
  type LabelledVersion,
  type ObjectKind,
} from "#portal/history/index.ts";
import { deliveryId } from "#webhooks/deliveries/index.ts";
import type { Notification } from "#webhooks/events/index.ts";
import { Moment } from "#webhooks/search/index.ts";
import { eventFields, GateSchema, representEvent } from "./events.ts";
import {
  EventId,
  IdOf,
  Nullable,
  pageLimit,
  pageOf,
  pageQuery,
  parseCursor,
  parseMoments,
  parseTimes,
  parseUuid,
  Timestamp,
} from "./fields.ts";
import { operation, requireFound, type Call, type Operation, type OperationNeeds } from "./operation.ts";
import { Problem } from "../shared/problem.ts";

const FieldChangeSchema = Type.Object(
  {
    field: Type.String({ description: "The path in the document, such as `users[21].email`." }),
    label: Type.String({ description: "The field as the Admin Portal names it, with the labels of defined fields." }),
    kind: Type.Enum(["added", "removed", "changed"]),
    before: Type.Optional(
      Type.Unknown({ description: "Absent if the version before lacks the field or is not known." }),
    ),
    after: Type.Optional(Type.Unknown({ description: "Absent if the document lacks the field." })),
    masked: Type.Boolean({ description: "True for credentials. Values show their last four characters at most." }),
    direct: Type.Boolean({
      description:
        "True if the event names the field as changed. False for consequences, and for changes since the version before " +
        "that no event of the object recorded, such as a renamed plan.",
    }),
  },
  { title: "FieldChange", description: "A field that differs from the version before." },
);

const NotificationSchema = Type.Object(
  {
    endpoint_id: Type.Integer(),
    endpoint_name: Type.String(),
    state: Type.Enum(["pending", "delivered", "failed", "cancelled", "withheld"], {
      description: "The state of the delivery. `withheld`: a gate stopped the event, so there is no delivery.",
    }),
    gate: Nullable(GateSchema),
    delivery_id: Nullable(Type.String()),
  },
  { title: "Notification", description: "Whether one endpoint was notified of an event." },
);

const entryFields = {
  ...eventFields,
  object_name: Nullable(Type.String({ description: "The name of the account, user or application." })),
  compared_with: Nullable(
    Type.String({
      ...EventId,
      description: "The event with the version before. Null for the first event, and if retention has deleted it.",
    }),
  ),
  changes: Type.Array(FieldChangeSchema, {
    description: "A creation adds all fields, a deletion removes them. Lists of entries show the first 100.",
  }),
  changes_total: Type.Integer(),
  key: Nullable(
    Type.Object(
      { last4: Type.String(), created_at: Type.String() },
      { title: "HistoryKey", description: "The key that an event about a key concerns." },
    ),
  ),
  notified: Nullable(
    Type.Object(
      {
        total: Type.Integer({ description: "The endpoints that existed when the event was recorded." }),
        endpoints: Type.Array(NotificationSchema, { description: "Deliveries first, at most 20 endpoints." }),
      },
      { title: "NotificationSummary", description: "Null if the caller may not read webhooks." },
    ),
  ),
};

const HistoryEntrySchema = Type.Object(entryFields, {
  title: "HistoryEntry",
  description: "An event of an account, a user or an application, with the fields that it changed.",
});

const DocumentSchema = Type.Unsafe<Readonly<Record<string, unknown>> | null>({
  anyOf: [Type.Record(Type.String(), Type.Unknown()), { type: "null" }],
  description: "The fields of the object, with masked credentials. Null if it did not exist, or is not known.",
});

const HistoryEntryDetailsSchema = Type.Object(
  { ...entryFields, document: DocumentSchema, document_before: DocumentSchema },
  { title: "HistoryEntryDetails", description: "An event with all changed fields and both versions of its object." },
);

const VersionSchema = Type.Object(
  {
    at: Timestamp,
    state: Type.Enum(["existed", "deleted", "not_created", "not_kept"], {
      description:
        "Whether the object existed at that time. `not_kept`: retention has deleted the events from before that time.",
    }),
    event_id: Nullable(Type.String({ ...EventId, description: "The last event of the object until that time." })),
    event_type: Nullable(Type.String()),
    occurred_at: Nullable(Timestamp),
    document: DocumentSchema,
    fields: Type.Array(
      Type.Object(
        {
          field: FieldChangeSchema.properties.field,
          label: FieldChangeSchema.properties.label,
          value: Type.Unknown(),
          masked: FieldChangeSchema.properties.masked,
        },
        { title: "FieldValue" },
      ),
      { description: "The fields of the document, with those of listed objects, for display." },
    ),
  },
  { title: "ObjectVersion", description: "An account, a user or an application as it was at a time." },
);

/** Changes of an entry in a list. An entry alone has all of them. */
const listedChangesMax = 100;

const representChange = ({ isMasked, isDirect, ...change }: FieldChange): Static<typeof FieldChangeSchema> => ({
  ...change,
  masked: isMasked,
  direct: isDirect,
});

const representNotification = ({ eventId, endpointId, endpointName, state, gate }: Notification) => ({
  endpoint_id: endpointId,
  endpoint_name: endpointName,
  state,
  gate,
  delivery_id: state === "withheld" ? null : deliveryId({ eventId, endpointId }),
});

export function representHistoryEntry(
  { event, objectName, actorName, comparedWith, changes, key, notifications }: HistoryEntry,
  changesMax = listedChangesMax,
): Static<typeof HistoryEntrySchema> {
  return {
    ...representEvent(event, () => actorName),
    object_name: objectName,
    compared_with: comparedWith,
    changes: changes.slice(0, changesMax).map(representChange),
    changes_total: changes.length,
    key,
    notified: notifications
      ? { total: notifications[0]?.total ?? 0, endpoints: notifications.map(representNotification) }
      : null,
  };
}

export const representHistoryEntryDetails = (entry: HistoryEntryDetails): Static<typeof HistoryEntryDetailsSchema> => ({
  ...representHistoryEntry(entry, Infinity),
  document: entry.after ?? null,
  document_before: entry.before ?? null,
});

export const representVersion = (
  at: Date,
  { state, version, event, fields }: LabelledVersion,
): Static<typeof VersionSchema> => ({
  at: at.toISOString(),
  state,
  event_id: event?.id ?? null,
  event_type: event?.type ?? null,
  occurred_at: event?.occurredAt.toISOString() ?? null,
  document: version ?? null,
  fields: fields.map(({ isMasked, ...field }) => ({ ...field, masked: isMasked })),
});

/** Callers who may read an object may read its history. Notified endpoints also require the action read-webhooks. */
const action = "read-portal";

interface ObjectTexts {
  readonly kind: ObjectKind;
  /** The first part of the paths. */
  readonly path: string;
  readonly noun: string;
  /** In operation ids. */
  readonly name: string;
}

const objects: readonly ObjectTexts[] = [
  { kind: "account", path: "accounts", noun: "an account", name: "Account" },
  { kind: "user", path: "users", noun: "a user", name: "User" },
  { kind: "application", path: "applications", noun: "an application", name: "Application" },
];

const partKinds = { users: "user", applications: "application" } as const satisfies Record<string, ObjectKind>;

const historyQuery = {
  ...pageQuery,
  since: Type.Optional(Moment("Events from this time on")),
  until: Type.Optional(Moment("Events before this time")),
};

const accountHistoryQuery = Type.Object({
  ...historyQuery,
  include: Type.Optional(
    Type.Array(Type.Enum(["users", "applications"]), {
      description: "Adds the events of the account's users and applications.",
    }),
  ),
});

type HistoryQuery = Static<typeof accountHistoryQuery>;
type HistoryCall = Pick<Call, "provider" | "caller" | "now">;

const subjectOf = ({ provider, caller }: HistoryCall, kind: ObjectKind, id: number): HistorySubject => ({
  providerId: provider.id,
  kind,
  id,
  productScope: caller.productScope,
});

const mayReadWebhooks = ({ provider, caller }: HistoryCall): boolean =>
  denialReason(caller, "read-webhooks", provider) === undefined;

async function requireHistory({ pool }: OperationNeeds, subject: HistorySubject): Promise<void> {
  if (!(await hasHistory(pool, subject))) throw new Problem("not-found");
}

async function listEntries(needs: OperationNeeds, call: HistoryCall, subject: HistorySubject, query: HistoryQuery) {
  const { limit = pageLimit, after, include = [] } = query;
  const { entries, hasMore } = await listHistory(needs.pool, subject, {
    ...parseMoments(query, ["since", "until"], call.now),
    parts: include.map((part) => partKinds[part]),
    after: parseCursor(after, parseUuid),
    limit,
    withNotifications: mayReadWebhooks(call),
  });
  if (entries.length === 0) await requireHistory(needs, subject);
  const next = hasMore ? (entries.at(-1)?.event.id ?? null) : null;
  return { data: entries.map((entry) => representHistoryEntry(entry)), next };
}

const paramsOf = (noun: string) => Type.Object({ id: IdOf(noun.replace(/^an? /, "the ")) });

const listOperation = ({ kind, path, noun, name }: ObjectTexts): Operation =>
  operation({
    id: `list${name}History`,
    title: `List the history of ${noun}`,
    description:
      "The events of the object, newest first: who changed which fields through which interface, and which endpoints " +
      "were notified. Also for deleted objects, as long as retention keeps their events. A page of large changes may be shorter than " +
      "`limit` and have a `next` all the same.",
    method: "GET",
    path: `/${path}/{id}/history`,
    action,
    params: paramsOf(noun),
    query: kind === "account" ? accountHistoryQuery : Type.Object(historyQuery),
    responses: { 200: pageOf(HistoryEntrySchema) },
    handle: (needs, call) => listEntries(needs, call, subjectOf(call, kind, call.params.id), call.query),
  });

const entryOperation = ({ kind, path, noun, name }: ObjectTexts): Operation =>
  operation({
    id: `read${name}HistoryEntry`,
    title: `Read an entry of the history of ${noun}`,
    description: "One event with all changed fields, and the object before and after it.",
    method: "GET",
    path: `/${path}/{id}/history/{event_id}`,
    action,
    params: Type.Object({ ...paramsOf(noun).properties, event_id: EventId }),
    responses: { 200: HistoryEntryDetailsSchema },
    async handle({ pool }, call) {
      const subject = subjectOf(call, kind, call.params.id);
      const choices = { eventId: call.params.event_id, withNotifications: mayReadWebhooks(call) };
      return representHistoryEntryDetails(requireFound(await readHistoryEntry(pool, subject, choices)));
    },
  });

const versionOperation = ({ kind, path, noun, name }: ObjectTexts): Operation =>
  operation({
    id: `read${name}Version`,
    title: `Read ${noun} as it was at a time`,
    description:
      kind === "account"
        ? "From its last event until then, with its users at that time."
        : "From its last event until then.",
    method: "GET",
    path: `/${path}/{id}/version`,
    action,
    params: paramsOf(noun),
    query: Type.Object({ at: Type.String({ ...Timestamp, description: "The time, with a zone." }) }),
    responses: { 200: VersionSchema },
    async handle(needs, call) {
      const subject = subjectOf(call, kind, call.params.id);
      const { at = call.now } = parseTimes(call.query, ["at"]);
      const version = await readObjectAt(needs.pool, subject, at);
      if (!version.event) await requireHistory(needs, subject);
      return representVersion(at, version);
    },
  });

export const historyOperations: readonly Operation[] = objects.flatMap((object) => [
  listOperation(object),
  entryOperation(object),
  versionOperation(object),
]);
