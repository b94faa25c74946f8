import { Type, type Static } from "typebox";
import { changeWithAudit } from "#access/index.ts";
import type { Transaction } from "#platform/database/database.ts";
import {
  cancelDelivery,
  contentTypeOf,
  deliveryId,
  parseDeliveryId,
  readDelivery,
  retryDelivery,
  skipDelivery,
  unskipDelivery,
  type Delivery,
  type DeliveryDetails,
  type DeliveryKey,
} from "#webhooks/deliveries/index.ts";
import {
  deliveryFilterFields,
  deliveryStates,
  findPage,
  parseSearchCursor,
  type FoundDelivery,
  writeSearchCursor,
} from "#webhooks/search/index.ts";
import { Problem } from "../shared/problem.ts";
import {
  AttemptSchema,
  type SettingsById,
  attemptFields,
  attemptOperations,
  readSettingsOf,
  representAttempt,
} from "./attempts.ts";
import {
  EventId,
  Nullable,
  pageLimit,
  pageQuery,
  parseCursor,
  representAs,
  representFoundPage,
  searchedPageOf,
  Timestamp,
} from "./fields.ts";
import { operation, requireFound, type Operation } from "./operation.ts";
import { countOperation, requireSearch } from "./searches.ts";

const deliveryFields = {
  id: Type.String({ description: "The event's id, a dot, and the endpoint's id." }),
  event_id: EventId,
  event_type: Type.String(),
  object_id: Type.Integer(),
  account_id: Type.Integer(),
  account_name: Type.String(),
  occurred_at: Timestamp,
  endpoint_id: Type.Integer(),
  endpoint_name: Type.String(),
  state: Type.Enum([...deliveryStates], { title: "DeliveryState" }),
  attempts_made: Type.Integer(),
  replay: Type.Integer({ description: "How often it was resent manually." }),
  next_attempt_at: Nullable(
    Type.String({
      ...Timestamp,
      description:
        "When the next attempt is due. Null if the delivery is not pending, or waits for the previous one of its ordering key.",
    }),
  ),
  ended_at: Nullable(Timestamp),
  last_attempt: Nullable(Type.Object(attemptFields, { title: "AttemptSummary" })),
};

export const DeliverySchema = Type.Object(deliveryFields, {
  title: "Delivery",
  description: "One event for one endpoint.",
});

const DeliveryDetailsSchema = Type.Object(
  {
    ...deliveryFields,
    content_type: Nullable(Type.String()),
    body: Nullable(Type.String({ description: "The text that is signed and sent, identical in every attempt." })),
    attempts: Type.Array(AttemptSchema),
    waits_for: Nullable(
      Type.String({
        description: "The delivery of the same ordering key that this one waits for.",
      }),
    ),
    holds_up: Type.Integer({
      description:
        "The number of deliveries that wait for this one, up to 1000. They are sent after it ends or is skipped.",
    }),
  },
  { title: "DeliveryDetails", description: "One event for one endpoint, with all requests and responses." },
);

const toDelivery = representAs(DeliverySchema);
export const representDelivery = (delivery: Delivery | FoundDelivery) =>
  toDelivery({
    ...delivery,
    id: deliveryId(delivery),
    lastAttempt: delivery.lastAttemptAt && {
      at: delivery.lastAttemptAt.toISOString(),
      status: delivery.lastStatus,
      error: delivery.lastError,
      latency_ms: delivery.lastLatencyMs ?? 0,
    },
  });

export const representDeliveryDetails = (
  delivery: DeliveryDetails,
  settings: SettingsById,
): Static<typeof DeliveryDetailsSchema> => ({
  ...representDelivery(delivery),
  content_type: delivery.format && contentTypeOf(delivery.format),
  body: delivery.body?.toString() ?? null,
  attempts: delivery.attempts.map((attempt) => representAttempt(delivery, attempt, settings)),
  waits_for: delivery.waitsForEventId && deliveryId({ ...delivery, eventId: delivery.waitsForEventId }),
  holds_up: delivery.holdsUp,
});

/** Returns the parts of an audit record that name a delivery. */
export const auditOfDelivery = (key: DeliveryKey) => ({
  providerId: key.providerId,
  subject: `delivery/${deliveryId(key)}`,
  detail: {},
});

const params = Type.Object({ id: Type.String({ description: "The event's id, a dot, and the endpoint's id." }) });

interface Transition {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  /** The last part of the path. */
  readonly verb: string;
  /** Changes the delivery's state. Returns false where it does not allow that. */
  readonly change: (tx: Transaction, key: DeliveryKey) => Promise<boolean>;
  readonly auditAction: string;
  readonly conflict: string;
}

const transition = ({ id, title, description, verb, change, auditAction, conflict }: Transition): Operation =>
  operation({
    id,
    title,
    description,
    method: "POST",
    path: `/deliveries/{id}/${verb}`,
    action: "change-webhooks",
    params,
    responses: { 200: DeliverySchema },
    async handle({ pool }, call) {
      const key = { providerId: call.provider.id, ...requireFound(parseDeliveryId(call.params.id)) };
      const audit = { ...auditOfDelivery(key), actor: call.by.actor, action: auditAction };
      const isChanged = await changeWithAudit(pool, audit, (tx) => change(tx, key));
      const delivery = requireFound(await readDelivery(pool, key));
      if (!isChanged) throw new Problem("conflict", { detail: conflict });
      return representDelivery(delivery);
    },
  });

export const deliveryOperations: readonly Operation[] = [
  operation({
    id: "listDeliveries",
    title: "List deliveries, those of the newest event first",
    description:
      "Each with its last attempt. A page takes about 100 ms at most: where a filter matches little, it may have fewer rows than " +
      "`limit`, or none. `searched_until` then says how far it got, and `next` continues.",
    method: "GET",
    path: "/deliveries",
    action: "read-webhooks",
    query: Type.Object({ ...pageQuery, ...deliveryFilterFields }),
    responses: { 200: searchedPageOf(DeliverySchema) },
    async handle({ pool, clock }, { provider, now, query: { limit = pageLimit, after, ...fields } }) {
      const search = await requireSearch(pool, { provider, fields, now });
      const page = { after: parseCursor(after, parseSearchCursor), limit };
      const found = await findPage({ db: pool, clock }, "deliveries", search, page);
      return representFoundPage(found, { represent: representDelivery, writeCursor: writeSearchCursor });
    },
  }),
  countOperation("deliveries", {
    id: "countDeliveries",
    title: "Count deliveries",
    path: "/deliveries/count",
  }),
  operation({
    id: "readDelivery",
    title: "Read a delivery with its attempts",
    description: "Includes the body, and the request, the phases and the response of each attempt.",
    method: "GET",
    path: "/deliveries/{id}",
    action: "read-webhooks",
    params,
    responses: { 200: DeliveryDetailsSchema },
    async handle(needs, { provider, params: { id } }) {
      const key = { providerId: provider.id, ...requireFound(parseDeliveryId(id)) };
      const delivery = requireFound(await readDelivery(needs.pool, key));
      return representDeliveryDetails(delivery, await readSettingsOf(needs, provider.id, delivery.attempts));
    },
  }),
  ...attemptOperations,
  transition({
    id: "retryDelivery",
    title: "Send a delivery now, whatever its state",
    description: "The id and the bytes stay the same. A delivery that had succeeded carries `bellwire-replay`.",
    verb: "retry",
    change: retryDelivery,
    auditAction: "delivery.retried",
    conflict: "Its endpoint has been deleted.",
  }),
  transition({
    id: "skipDelivery",
    title: "Release the deliveries that wait for this one",
    description: "The delivery is still retried, but deliveries with the same ordering key no longer wait for it.",
    verb: "skip",
    change: skipDelivery,
    auditAction: "delivery.skipped",
    conflict: "No delivery waits for this one: it has ended or has no ordering key.",
  }),
  transition({
    id: "undoSkipDelivery",
    title: "Put a skipped delivery back into its order",
    description:
      "Until it is due again. It waits for earlier deliveries of its ordering key, and later ones that were not sent yet wait for it.",
    verb: "undo_skip",
    change: unskipDelivery,
    auditAction: "delivery.skip_undone",
    conflict: "The delivery is being sent or has ended, was not skipped, or its endpoint has no order.",
  }),
  transition({
    id: "cancelDelivery",
    title: "Cancel a pending delivery",
    description: "It is not attempted again and does not count as a failure.",
    verb: "cancel",
    change: cancelDelivery,
    auditAction: "delivery.cancelled",
    conflict: "The delivery has already ended.",
  }),
];
