import { Type, type Static } from "typebox";
import { type ProductScope, allowedActions } from "#access/index.ts";
import { findByText } from "#portal/accounts/index.ts";
import { type Delivery, deliveryId, listDeliveries, parseDeliveryId } from "#webhooks/deliveries/index.ts";
import { type EventSummary, listNewestEvents, readEvent } from "#webhooks/events/index.ts";
import { parseRowId } from "#platform/ids.ts";
import type { Provider } from "#portal/providers/index.ts";
import { Problem } from "../shared/problem.ts";
import { Nullable, parseUuid } from "./fields.ts";
import { operation, type Operation, type OperationNeeds } from "./operation.ts";

const ResultSchema = Type.Object(
  {
    kind: Type.Enum(["account", "user", "application", "endpoint", "delivery", "event"], { title: "ResultKind" }),
    id: Type.String(),
    title: Type.String(),
    detail: Nullable(Type.String()),
    account_id: Nullable(Type.Integer()),
  },
  { title: "SearchResult", description: "An object that a text refers to." },
);
type Result = Static<typeof ResultSchema>;

export const exampleResult: Result = {
  kind: "account",
  id: "31",
  title: "Harbour & Sons",
  detail: "approved",
  account_id: 31,
};

const resultsMax = 20;
const deliveriesMax = 5;
const eventsMax = 3;

// A provider has 1,000 endpoints at most. Nearly every URL contains a text of one or two letters.
const endpointsStatement = `
  select id, name, url_masked from endpoints
  where provider_id = $1 and deleted_at is null and (id = $3 or starts_with(lower(name), lower($2))
    or (length($2) > 2 and strpos(lower(url_masked), lower($2)) > 0))
  order by id = $3 desc nulls last, starts_with(lower(name), lower($2)) desc, name
  limit 5`;

/** Finds endpoints by id, the beginning of their name, or a part of their URL as it is shown. */
async function findEndpoints(
  { pool }: Pick<OperationNeeds, "pool">,
  { id: providerId }: Pick<Provider, "id">,
  text: string,
): Promise<Result[]> {
  type Row = { readonly id: number; readonly name: string; readonly urlMasked: string };
  const found = await pool.query<Row>(endpointsStatement, [providerId, text, parseRowId(text)]);
  return found.map(({ id, name, urlMasked }) => ({
    kind: "endpoint",
    id: String(id),
    title: name,
    detail: urlMasked,
    account_id: null,
  }));
}

/** Finds an event and its deliveries by their ids, or the newest events of an object. */
async function findHistory(
  { pool }: Pick<OperationNeeds, "pool">,
  { id: providerId }: Pick<Provider, "id">,
  text: string,
): Promise<Result[]> {
  const named = parseDeliveryId(text.toLowerCase());
  const eventId = named?.eventId ?? parseUuid(text.toLowerCase());
  if (eventId !== undefined) {
    const ofEvent = { providerId, eventIds: [eventId], endpointId: named?.endpointId };
    const [event, deliveries] = await Promise.all([
      readEvent(pool, providerId, eventId),
      listDeliveries(pool, { ...ofEvent, limit: deliveriesMax }),
    ]);
    return [...deliveries.map(resultOfDelivery), ...(event ? [resultOfEvent(event)] : [])];
  }
  const objectId = parseRowId(text);
  if (objectId === undefined) return [];
  return (await listNewestEvents(pool, { providerId, objectId, limit: eventsMax })).map(resultOfEvent);
}

const resultOfDelivery = (delivery: Delivery): Result => ({
  kind: "delivery",
  id: deliveryId(delivery),
  title: `${delivery.eventType} → ${delivery.endpointName}`,
  detail: delivery.state,
  account_id: delivery.accountId,
});

const resultOfEvent = (event: EventSummary): Result => ({
  kind: "event",
  id: event.id,
  title: `${event.type} of ${event.accountName}`,
  detail: event.occurredAt.toISOString(),
  account_id: event.accountId,
});

export interface SearchedText {
  readonly provider: Pick<Provider, "id">;
  readonly text: string;
  readonly mayReadPortal: boolean;
  readonly mayReadWebhooks: boolean;
  readonly productScope: ProductScope;
}

/** Finds objects of every kind that the caller may read. */
export async function findObjects(
  needs: Pick<OperationNeeds, "pool">,
  { provider, text, mayReadPortal, mayReadWebhooks, productScope }: SearchedText,
): Promise<readonly Result[]> {
  const [objects, endpoints, history] = await Promise.all([
    mayReadPortal ? findByText(needs.pool, provider.id, text, productScope) : [],
    mayReadWebhooks ? findEndpoints(needs, provider, text) : [],
    mayReadWebhooks ? findHistory(needs, provider, text) : [],
  ]);
  const found = objects.map(({ accountId, ...object }): Result => ({
    ...object,
    id: String(object.id),
    account_id: accountId,
  }));
  return [...found, ...endpoints, ...history].slice(0, resultsMax);
}

export const searchBoxOperations: readonly Operation[] = [
  operation({
    id: "search",
    title: "Find objects by an id, a key, an email, the beginning of a name or a part of a URL",
    description:
      "Accounts, users, applications, endpoints, deliveries and events, at most 20. Only what the caller may read; " +
      "applications only within the caller's services.",
    method: "GET",
    path: "/search",
    action: "read-provider",
    query: Type.Object({ q: Type.String({ minLength: 1, maxLength: 255, description: "The text to find." }) }),
    responses: { 200: Type.Object({ data: Type.Array(ResultSchema) }) },
    async handle(needs, { provider, caller, query: { q } }) {
      const text = q.trim();
      if (text === "" || text.includes("\0")) throw new Problem("invalid", { errors: { q: ["has no text to find"] } });
      const allowed = new Set(allowedActions(caller, provider));
      const [mayReadPortal, mayReadWebhooks] = [allowed.has("read-portal"), allowed.has("read-webhooks")];
      const { productScope } = caller;
      return {
        data: [...(await findObjects(needs, { provider, text, mayReadPortal, mayReadWebhooks, productScope }))],
      };
    },
  }),
];
