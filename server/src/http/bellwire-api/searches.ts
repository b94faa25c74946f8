import { type Static, type TSchema, Type } from "typebox";
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
} from "#access/index.ts";
import type { Database } from "#platform/database/database.ts";
import { countLimits } from "#platform/limits.ts";
import type { Provider } from "#portal/providers/index.ts";
import {
  type DeliveryFilterFields,
  type FilterErrors,
  type FoundPage,
  type ListName,
  type Search,
  countMatches,
  deliveryFilterFields,
  parseDeliveryFilter,
  prepareSearch,
  writeSearchCursor,
} from "#webhooks/search/index.ts";
import { Problem } from "../shared/problem.ts";
import { IdOf, Nullable, Timestamp } from "./fields.ts";
import { created, noContent, noContentResponse, operation, requireFound, type Operation } from "./operation.ts";

export const SearchedUntil = Nullable(
  Type.String({
    ...Timestamp,
    description:
      "Set if the time of this page was up before it was full: the history from this time on has been searched. " +
      "Continue with `next`, or narrow the filter, for example with `since`.",
  }),
);

/** A page of a search, which may end before it is full. */
export const searchedPageOf = <Schema extends TSchema>(schema: Schema) =>
  Type.Object(
    {
      data: Type.Array(schema),
      next: Nullable(Type.String({ description: "Send it as `after` to get the next page. Null on the last page." })),
      searched_until: SearchedUntil,
    },
    { description: "One page." },
  );

/** Represents a page of a search. */
export const representFoundPage = <Row, Document>(
  { rows, next, searchedUntil }: FoundPage<Row>,
  represent: (row: Row) => Document,
): { data: Document[]; next: string | null; searched_until: string | null } => ({
  data: rows.map(represent),
  next: next && writeSearchCursor(next),
  searched_until: searchedUntil?.toISOString() ?? null,
});

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
    count: Type.Integer({ description: "The number of matches." }),
    about: Type.Boolean({
      description: "True if the number is an estimate, from 10,000 on or if counting takes too long.",
    }),
  },
  { title: "MatchCount", description: "How many match a filter." },
);

export const exampleCount = { count: 12_000, about: true };

/** Returns the operation that counts the rows of a list. */
export const countOperation = (
  list: ListName,
  { id, title, path }: Pick<Operation, "id" | "title" | "path">,
): Operation =>
  operation({
    id,
    title,
    description: "Exact up to 10,000. Larger numbers are estimates.",
    method: "GET",
    path,
    action: "read-webhooks",
    query: Type.Object(deliveryFilterFields),
    responses: { 200: CountSchema },
    async handle({ pool, clock }, { provider, now, query: fields }) {
      const search = await requireSearch(pool, { provider, fields, now });
      const { count, isEstimate } = await countMatches({ db: pool, clock }, list, search);
      return { count, about: isEstimate };
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
    mayConflict: true,
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
    mayConflict: true,
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
