import { parseRowId } from "#platform/ids.ts";
import { type Static, Type } from "typebox";
import { changeWithAudit } from "#access/index.ts";
import type { Database } from "#platform/database/database.ts";
import { documentToJson } from "#platform/document.ts";
import {
  bodyFamilies,
  bodyFormatOf,
  contentTypeOf,
  deliveryId,
  isBinaryCloudEvent,
  readDelivery,
  sampleTransactions,
} from "#webhooks/deliveries/index.ts";
import { defaultEndpointName, type Endpoint, readEndpoint } from "#webhooks/endpoints/index.ts";
import {
  eventCatalogue,
  type EventDetails,
  type EventSummary,
  eventTypes,
  type FeedCursor,
  followEvents,
  isOperational,
  keyInBody,
  operationalEvents,
  operationalGate,
  readEvent,
  sampleBody,
  sampleFacts,
  sendEventNow,
  beforeTransaction,
  startOfFeed,
  withoutCredentials,
} from "#webhooks/events/index.ts";
import {
  deliveryFilterFields,
  findPage,
  type FoundEvent,
  parseSearchCursor,
  writeSearchCursor,
} from "#webhooks/search/index.ts";
import { type NameOfActor, readActorNames } from "#portal/history/index.ts";
import { cloudEventHeaders } from "#webhooks/attempts/index.ts";
import { Problem } from "../shared/problem.ts";
import { auditOfDelivery, DeliverySchema, representDelivery } from "./deliveries.ts";
import {
  EventId,
  IdOf,
  Nullable,
  pageLimit,
  pageQuery,
  parseCursor,
  parseUuid,
  representAs,
  representFoundPage,
  SearchedUntil,
  Timestamp,
} from "./fields.ts";
import { type Operation, operation, Reply, requireFound } from "./operation.ts";
import { countOperation, requireSearch } from "./searches.ts";

export const eventFields = {
  id: EventId,
  type: Type.String(),
  object_id: Type.Integer(),
  account_id: Type.Integer(),
  account_name: Type.String(),
  sequence: Type.Integer({
    description:
      "Counts the events of its account without gaps. After a database failover or restore it jumps ahead by a million or more.",
  }),
  actor: Type.Object(
    {
      kind: Type.Enum(["developer", "admin", "token", "key", "system"]),
      user_id: Nullable(Type.Integer({ description: "Null for `key` and `system`, which have no user." })),
      name: Nullable(Type.String({ description: "The user's name. Null without a user, or if it is not known." })),
    },
    { title: "Actor" },
  ),
  channel: Type.Enum(["developer_portal", "admin_portal", "api", "system"]),
  occurred_at: Timestamp,
  erased_at: Nullable(
    Type.String({
      ...Timestamp,
      description: "The personal data was erased on request. Ids, type, times and sequence stay.",
    }),
  ),
};

const EventSchema = Type.Object(eventFields, {
  title: "Event",
  description: "Describes the event without its object.",
});

export const GateSchema = Type.Enum(
  ["web_hooks_denied", "not_active", "switch_off", "own_endpoint", "no_acting_user", "admin_actions_off"],
  { title: "Gate", description: "The gate that stopped the event when it was recorded. Null if none did." },
);

const VerdictSchema = Type.Object(
  {
    endpoint_id: Type.Integer(),
    endpoint_name: Type.String(),
    sent: Type.Boolean({ description: "Whether the event has a delivery to this endpoint." }),
    gate: Nullable(GateSchema),
    delivery_id: Nullable(Type.String()),
  },
  { title: "Verdict", description: "The verdict about an event for one endpoint." },
);

const JsonObject = Type.Record(Type.String(), Type.Unknown());

const EventDetailsSchema = Type.Object(
  {
    ...eventFields,
    document: Type.Unsafe<unknown>({ ...JsonObject, description: "The object as it was right after the change." }),
    key: Nullable(
      Type.Object(
        { last4: Type.String(), created_at: Type.String() },
        { title: "EventKey", description: "For events about a key: that key." },
      ),
    ),
    previous: Type.Unsafe<unknown>({
      anyOf: [JsonObject, { type: "null" }],
      description: "For updates: the changed fields with their previous values.",
    }),
    verdicts: Type.Array(VerdictSchema),
  },
  { title: "EventDetails", description: "An event, with its verdicts." },
);

const EventPageSchema = Type.Object(
  {
    data: Type.Array(EventSchema),
    next: Nullable(
      Type.String({
        description:
          "Pass it as `after` to get the next page. Newest first: null on the last page. Oldest first: never null, because more " +
          "events may follow; a page that is not full is the last one so far.",
      }),
    ),
    searched_until: SearchedUntil,
  },
  { description: "One page." },
);

const toEvent = representAs(EventSchema);
export const representEvent = (event: EventSummary, nameOf: NameOfActor) =>
  toEvent({
    ...event,
    actor: { kind: event.actorKind, user_id: event.actorUserId, name: nameOf(event) },
  });

const representFoundEvent = (
  { eventId: id, eventType: type, ...event }: FoundEvent,
  nameOf: NameOfActor,
): Static<typeof EventSchema> => representEvent({ ...event, id, type }, nameOf);

/** Criteria of `order=oldest`, which follows the feed and cannot search. */
const feedCriteria = new Set(["event_type", "object_id", "account", "since", "until"]);

export const representEventDetails = (event: EventDetails, nameOf: NameOfActor): Static<typeof EventDetailsSchema> => ({
  ...representEvent(event, nameOf),
  document: documentToJson(withoutCredentials(event.document)),
  key: event.key && keyInBody(event.key),
  previous: event.previous,
  verdicts: event.verdicts.map(({ endpointId, endpointName, sent, gate }) => ({
    endpoint_id: endpointId,
    endpoint_name: endpointName,
    sent,
    gate,
    delivery_id: sent ? deliveryId({ eventId: event.id, endpointId }) : null,
  })),
});

const writeFeedCursor = ({ recordedIn, sequence, id }: FeedCursor): string => `${recordedIn}~${sequence}~${id}`;

function parseFeedCursor(text = ""): FeedCursor | undefined {
  const parts = text.split("~");
  const [recordedIn, sequence] = parts.slice(0, -1).map((number) => (number === "0" ? 0 : parseRowId(number)));
  const id = parseUuid(parts.at(-1) ?? "");
  if (recordedIn === undefined || id === undefined) return undefined;
  // A cursor without a sequence comes from an earlier version. The events of its transaction are repeated.
  if (parts.length === 2) return beforeTransaction(recordedIn);
  return sequence === undefined ? undefined : { recordedIn, sequence, id };
}

function requireFeedCriteria(fields: object): void {
  const refused = Object.keys(fields).filter((name) => !feedCriteria.has(name));
  const sentence = "needs `order=newest`: the feed is not searched";
  if (refused.length > 0) {
    throw new Problem("invalid", { errors: Object.fromEntries(refused.map((name) => [name, [sentence]])) });
  }
}

type FeedFilter = Parameters<typeof followEvents>[1];

/**
 * Reads a page of the feed, and the position up to which the feed has been read: the last event of a full page. Otherwise it is the
 * oldest running transaction, so that a program whose filter matches rarely, or that begins with `since=-0m`, does not read the other
 * events again. With `until`, it is no later than the last event, because a program may read on without it. Undefined: where the page began.
 */
async function readFeed(db: Database, filter: FeedFilter) {
  const before = await oldestRunningTransaction(db);
  const events = await followEvents(db, { ...filter, before });
  const { after = startOfFeed, until, limit } = filter;
  const last = events.at(-1);
  const mayPass = until === undefined && events.length < limit && before > (last ?? after).recordedIn;
  // Without a criterion, no event is between the last one and the transaction.
  const { types, objectId, accountIds, since } = filter;
  const mayLeaveOut = [types, objectId, accountIds, since].some((criterion) => criterion !== undefined);
  return { events, end: mayPass && (mayLeaveOut || !filter.after) ? beforeTransaction(before) : last };
}

/** Returns the number of a transaction below which every one has ended. */
export async function oldestRunningTransaction(db: Database): Promise<number> {
  const { oldestRunning } = await sampleTransactions(db);
  return Number(oldestRunning);
}

const gateErrors = {
  switch_off: "is 3scale's webhook, which gets no such event",
  own_endpoint: "is the endpoint that the event is about, and gets no event about itself",
} as const;

/** Refuses an event that no setting of the endpoint lets through. */
function requireReceivable({ type, objectId }: EventDetails, { id, name }: Endpoint): void {
  const gate = isOperational(type)
    ? operationalGate({ id, isDefault: name === defaultEndpointName }, objectId)
    : undefined;
  if (gate) throw new Problem("invalid", { errors: { endpoint_id: [gateErrors[gate]] } });
}

const params = Type.Object({ id: EventId });

export const eventOperations: readonly Operation[] = [
  operation({
    id: "listEvents",
    title: "List or follow events",
    description: "All recorded events, sent or not: newest first, or oldest first without gaps with `order=oldest`.",
    method: "GET",
    path: "/events",
    action: "read-webhooks",
    query: Type.Object({
      ...pageQuery,
      order: Type.Optional(
        Type.Enum(["newest", "oldest"], {
          default: "newest",
          description:
            "`newest` is for people: events that are recorded while they page are on no page. `oldest` is for programs that follow " +
            "the events: store `next`, and pass it as `after` to read the events since. Events of a running transaction appear " +
            "after its end, so no event is skipped or repeated. The order is that of recording; events of one account come by `sequence`. A cursor is valid for one order only. " +
            "With a filter, `next` also passes the events that the filter left out, so keep the filter. " +
            "A program that needs no earlier events begins with `since=-0m`, without `after`, and continues without `since`.",
        }),
      ),
      type: Type.Optional(
        Type.Enum([...eventTypes], { description: "Events of this type. The same as `event_type`." }),
      ),
      account_id: Type.Optional(IdOf("the account")),
      ...deliveryFilterFields,
    }),
    responses: { 200: EventPageSchema },
    async handle({ pool, clock, cursors }, { provider, now, query }) {
      const { limit = pageLimit, order, after, type, account_id, ...others } = query;
      const fields = {
        ...others,
        ...(type === undefined ? {} : { event_type: [type] }),
        ...(account_id === undefined ? {} : { account: String(account_id) }),
      };
      const search = await requireSearch(pool, { provider, fields, now });
      if (order !== "oldest") {
        const page = { after: parseCursor(after, parseSearchCursor), limit };
        const found = await findPage({ db: pool, clock }, "events", search, page);
        const nameOf = await readActorNames(pool, provider.id, found.rows);
        const represent = (event: FoundEvent) => representFoundEvent(event, nameOf);
        return representFoundPage(found, { represent, writeCursor: writeSearchCursor });
      }
      const providerId = provider.id;
      requireFeedCriteria(fields);
      const { since, until, objectId, eventTypes: types } = search.filter;
      const filter = { providerId, types, objectId, accountIds: search.accountIds, since, until, limit };
      const from = parseCursor(after, (text) => parseFeedCursor(cursors.open(providerId, text)));
      const { events, end } = await readFeed(pool, { ...filter, after: from });
      const next = end || after === undefined ? cursors.seal(providerId, writeFeedCursor(end ?? startOfFeed)) : after;
      const nameOf = await readActorNames(pool, providerId, events);
      return { data: events.map((event) => representEvent(event, nameOf)), next, searched_until: null };
    },
  }),
  countOperation("events", { id: "countEvents", title: "Count events", path: "/events/count" }),
  operation({
    id: "readEvent",
    title: "Read an event with its verdict for each endpoint",
    description:
      "With its document, the previous values, and for each endpoint whether the event was sent or which gate stopped it.",
    method: "GET",
    path: "/events/{id}",
    action: "read-webhooks",
    params,
    responses: { 200: EventDetailsSchema },
    async handle({ pool }, { provider, params: { id } }) {
      const event = requireFound(await readEvent(pool, provider.id, id));
      return representEventDetails(event, await readActorNames(pool, provider.id, [event]));
    },
  }),
  operation({
    id: "sendEvent",
    title: "Send an event to an endpoint that did not receive it",
    description:
      "Creates the delivery that a subscription at the time of the event would have created. An event that was sent already is not sent twice. " +
      "No endpoint gets an event about itself, and 3scale's webhook none about endpoints.",
    method: "POST",
    path: "/events/{id}/send",
    action: "change-webhooks",
    params,
    body: Type.Object({ endpoint_id: IdOf("the endpoint") }, { additionalProperties: false }),
    responses: { 200: DeliverySchema },
    async handle({ pool, encryption }, { provider, by: { actor }, params: { id: eventId }, body }) {
      const { endpoint_id: endpointId } = body;
      const key = { providerId: provider.id, eventId, endpointId };
      const endpoint = await readEndpoint(pool, encryption, { providerId: provider.id, id: endpointId });
      if (!endpoint) throw new Problem("invalid", { errors: { endpoint_id: ["is no endpoint of yours"] } });
      const event = requireFound(await readEvent(pool, provider.id, eventId));
      requireReceivable(event, endpoint);
      await changeWithAudit(pool, { ...auditOfDelivery(key), actor, action: "event.sent" }, (tx) =>
        sendEventNow(tx, { ...key, format: bodyFormatOf(endpoint) }),
      );
      return representDelivery(requireFound(await readDelivery(pool, key)));
    },
  }),
];

const EventTypeSchema = Type.Object(
  {
    type: Type.Enum([...eventTypes]),
    switch: Nullable(
      Type.String({
        description: "Its switch in 3scale's webhook. Null for operational events, which that webhook never receives.",
      }),
    ),
    label: Type.String(),
    group: Type.Enum(["Accounts", "Users", "Applications", "Keys", "Operations"]),
    interfaces: Type.Array(Type.Enum(["developer_portal", "admin_portal", "api", "background"]), {
      description: "The interfaces that cause it. `background`: activation by email and Bellwire itself.",
    }),
  },
  { title: "EventType" },
);

export const representEventTypes = (): { data: Static<typeof EventTypeSchema>[] } => ({
  data: [
    ...eventCatalogue.map(({ type, switchName, label, group, interfaces }) => ({
      type,
      switch: switchName,
      label,
      group,
      interfaces: [...interfaces],
    })),
    ...operationalEvents.map(({ type, label }) => ({
      type,
      switch: null,
      label,
      group: "Operations" as const,
      interfaces: ["background" as const],
    })),
  ],
});

/** Documented as an object, sent as the exact text that an endpoint receives. */
const SampleBody = Type.Unsafe<string>(Type.Object({}, { additionalProperties: true }));

export const eventTypeOperations: readonly Operation[] = [
  operation({
    id: "listEventTypes",
    title: "List the event types",
    description: "All event types, with their switch in 3scale's webhook and the interfaces that cause them.",
    method: "GET",
    path: "/event_types",
    action: "read-portal", // histories of accounts name the types
    isCompressed: true,
    responses: { 200: Type.Object({ data: Type.Array(EventTypeSchema) }, { description: "All event types." }) },
    handle: async () => representEventTypes(),
  }),
  operation({
    id: "readEventTypeSample",
    title: "Read a sample of an event type",
    description: "The document that an endpoint of this format receives, with fictitious objects.",
    method: "GET",
    path: "/event_types/{type}/sample",
    action: "read-webhooks",
    params: Type.Object({ type: Type.Enum([...eventTypes], { description: "An event type." }) }),
    query: Type.Object({
      format: Type.Optional(
        Type.Enum([...bodyFamilies], { default: "3scale", description: "As an endpoint's `format`." }),
      ),
    }),
    responses: {
      200: {
        description:
          "The body that an endpoint of this format receives. For `cloudevents-binary`, the response has the attributes as headers.",
        content: {
          "application/xml": { schema: Type.String() },
          "application/json": { schema: SampleBody },
          "application/cloudevents+json": { schema: SampleBody },
        },
      },
    },
    async handle({ clock, newId, adminPortalUrl }, { provider, params: { type }, query: { format = "3scale" } }) {
      const sample = { id: newId(), type, now: clock.now(), source: adminPortalUrl(provider) };
      const attributes = isBinaryCloudEvent(format) ? cloudEventHeaders({ ...sampleFacts(sample), ...sample }) : {};
      return new Reply(200, sampleBody(sample, format).toString(), {
        ...attributes,
        "content-type": contentTypeOf(format),
      });
    },
  }),
];
