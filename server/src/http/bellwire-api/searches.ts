import { type Static, Type } from "typebox";
import {
  createSavedView,
  deleteSavedView,
  listSavedViews,
  readSavedView,
  updateSavedView,
  viewLists,
  type AdminCaller,
  type SavedView,
  type ViewOwner,
  requireWithinLimit,
  type ProductScope,
  allowedActions,
} from "#access/index.ts";
import type { Database } from "#platform/database/database.ts";
import { countLimits } from "#platform/limits.ts";
import type { Provider } from "#portal/providers/index.ts";
import {
  type DeliveryFilterFields,
  type FilterErrors,
  type ListName,
  type Search,
  countMatches,
  deliveryFilterFields,
  parseDeliveryFilter,
  prepareSearch,
} from "#webhooks/search/index.ts";
import { Problem } from "../shared/problem.ts";
import { IdOf, Nullable, parseUuid } from "./fields.ts";
import {
  created,
  noContent,
  noContentResponse,
  operation,
  requireFound,
  type Operation,
  type OperationNeeds,
} from "./operation.ts";
import { findByText } from "#portal/accounts/index.ts";
import { type Delivery, deliveryId, listDeliveries, parseDeliveryId } from "#webhooks/deliveries/index.ts";
import { type EventSummary, listNewestEvents, readEvent } from "#webhooks/events/index.ts";
import { parseRowId } from "#platform/ids.ts";

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

/** Parses the filter of a request and finds the accounts that it names. Throws a Problem with field errors. */
export async function requireSearch(
  db: Database,
  {
    provider,
    fields,
    now,
    path = "",
  }: {
    readonly provider: Provider;
    readonly fields: DeliveryFilterFields;
    readonly now: Date;
    /** The place of the fields in a body, such as `filter.`. */
    readonly path?: string;
  },
): Promise<Search> {
  const refuse = (refused: FilterErrors): Problem => {
    const errors = Object.entries(refused).map(([name, sentences]) => [`${path}${name}`, sentences]);
    return new Problem("invalid", { errors: Object.fromEntries(errors) });
  };
  const parsed = parseDeliveryFilter(fields, now);
  if ("refused" in parsed) throw refuse(parsed.refused);
  const prepared = await prepareSearch(db, provider.id, parsed.filter);
  if ("refused" in prepared) throw refuse(prepared.refused);
  return prepared.search;
}

const CountSchema = Type.Object(
  {
    count: Type.Integer({ description: "The number of matches, at most 10,000." }),
    has_more: Type.Boolean({
      description: "True if there are more matches: from 10,000 on, or if counting takes too long.",
    }),
  },
  { title: "MatchCount", description: "How many match a filter." },
);

export const exampleCount = { count: 10_000, has_more: true };

/** Returns the operation that counts the rows of a list. */
export const countOperation = (
  list: ListName,
  { id, title, path }: Pick<Operation, "id" | "title" | "path">,
): Operation =>
  operation({
    id,
    title,
    description: "Counts up to 10,000, and for a third of a second.",
    method: "GET",
    path,
    action: "read-webhooks",
    query: Type.Object(deliveryFilterFields),
    responses: { 200: CountSchema },
    async handle({ pool, clock }, { provider, now, query: fields }) {
      const search = await requireSearch(pool, { provider, fields, now });
      const { count, hasMore } = await countMatches({ db: pool, clock }, list, search);
      return { count, has_more: hasMore };
    },
  });

/** The longest stored filter, in characters of a query. */
const filterBytesMax = 4000;

const ViewFilter = Type.Record(Type.String(), Type.String({ maxLength: 2000 }), {
  description: "The parameters of the list's page, as in its address. Several values are joined by commas.",
});
const ViewName = Type.String({
  minLength: 1,
  maxLength: 100,
  pattern: String.raw`\S`,
  description: "Not blank. Unique in its list.",
});
const ViewListSchema = Type.Enum([...viewLists], { title: "ViewList", description: "The list that the view filters." });

const ViewSchema = Type.Object(
  { id: Type.Integer(), list: ViewListSchema, name: Type.String(), filter: ViewFilter },
  { title: "View", description: "A named filter of a list." },
);

const representView = ({ query, ...view }: SavedView): Static<typeof ViewSchema> => ({
  ...view,
  filter: Object.fromEntries(new URLSearchParams(query)),
});

export const exampleView = representView({
  id: 9,
  list: "deliveries",
  name: "Failed yesterday",
  query: "state=failed&since=-1d",
});

function renderQuery(filter: Readonly<Record<string, string>>): string {
  const query = new URLSearchParams(filter).toString();
  if (query.length <= filterBytesMax) return query;
  throw new Problem("invalid", { errors: { filter: [`is longer than ${filterBytesMax} characters`] } });
}

/** Views belong to a user: the signed-in one, or a token's. */
function requireOwner(providerId: number, { actor }: AdminCaller): ViewOwner {
  if ("userId" in actor) return { providerId, userId: actor.userId };
  throw new Problem("role-missing", { detail: "Views belong to a user, and the provider key has none." });
}

const nameTaken = "Another view of this list has this name.";
const params = Type.Object({ id: IdOf("the view") });

export const viewOperations: readonly Operation[] = [
  operation({
    id: "listViews",
    title: "List the views of the caller",
    description: "Each user has views of their own. A token has those of its user.",
    method: "GET",
    path: "/views",
    action: "read-own",
    query: Type.Object({
      list: Type.Optional(Type.Enum([...viewLists], { description: "Those of this list." })),
    }),
    responses: { 200: Type.Object({ data: Type.Array(ViewSchema) }) },
    async handle({ pool }, { provider, caller, query: { list } }) {
      return { data: (await listSavedViews(pool, requireOwner(provider.id, caller), list)).map(representView) };
    },
  }),
  operation({
    id: "createView",
    title: "Save a view",
    description: "Its name must be unique among the views of the list.",
    method: "POST",
    path: "/views",
    action: "change-own",
    body: Type.Object({ list: ViewListSchema, name: ViewName, filter: ViewFilter }, { additionalProperties: false }),
    responses: { 201: ViewSchema },
    async handle({ pool }, { provider, caller, body: { list, name, filter } }) {
      const owner = requireOwner(provider.id, caller);
      const query = renderQuery(filter);
      const view = await pool.inTransaction(async (tx) => {
        await requireWithinLimit(tx, countLimits.savedViews, { providerId: provider.id, id: owner.userId });
        return createSavedView(tx, owner, { list, name, query });
      });
      if (!view) throw new Problem("conflict", { detail: nameTaken });
      return created(`/views/${view.id}`, representView(view));
    },
  }),
  operation({
    id: "changeView",
    title: "Rename a view, or replace its filter",
    description: "Omitted fields stay unchanged.",
    method: "PATCH",
    path: "/views/{id}",
    action: "change-own",
    params,
    body: Type.Object(
      { name: Type.Optional(ViewName), filter: Type.Optional(ViewFilter) },
      { additionalProperties: false },
    ),
    responses: { 200: ViewSchema },
    async handle({ pool }, { provider, caller, params: { id }, body: { name, filter } }) {
      const owner = requireOwner(provider.id, caller);
      const query = filter && renderQuery(filter);
      const view = await pool.inTransaction((tx) => updateSavedView(tx, owner, id, { name, query }));
      if (view) return representView(view);
      requireFound(await readSavedView(pool, owner, id));
      throw new Problem("conflict", { detail: nameTaken });
    },
  }),
  operation({
    id: "deleteView",
    title: "Delete a view",
    description: "Deletes no rows.",
    method: "DELETE",
    path: "/views/{id}",
    action: "change-own",
    params,
    responses: noContentResponse,
    async handle({ pool }, { provider, caller, params: { id } }) {
      const owner = requireOwner(provider.id, caller);
      if (!(await pool.inTransaction((tx) => deleteSavedView(tx, owner, id)))) throw new Problem("not-found");
      return noContent;
    },
  }),
];
