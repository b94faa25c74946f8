import { Type, type Static } from "typebox";
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
import { countLimits } from "#platform/limits.ts";
import { Problem } from "../shared/problem.ts";
import { IdOf } from "./fields.ts";
import { created, noContent, noContentResponse, operation, requireFound, type Operation } from "./operation.ts";

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
