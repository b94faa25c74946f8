import type { Database, Transaction } from "#platform/database/database.ts";
import { mentionsTerm, writtenFilterFields } from "./audit.ts";

/** The lists that have views. */
export const viewLists = ["deliveries", "events", "failures", "attempts", "accounts", "applications"] as const;
export type ViewList = (typeof viewLists)[number];

/** A filter that a user of the Admin Portal has named. Only its user sees it. */
export interface SavedView {
  readonly id: number;
  readonly list: ViewList;
  readonly name: string;
  /** The query string of the list's page. */
  readonly query: string;
}

export interface ViewOwner {
  readonly providerId: number;
  readonly userId: number;
}

const columns = `id, page as list, name, query`;

const listStatement = `
  select ${columns} from saved_views
  where provider_id = $1 and user_id = $2 and ($3::text is null or page = $3)
  order by page, lower(name)`;

/** Lists a user's views by name, of one list or of all. */
export const listSavedViews = (
  db: Database,
  { providerId, userId }: ViewOwner,
  list?: ViewList,
): Promise<SavedView[]> => db.query<SavedView>(listStatement, [providerId, userId, list]);

const insertStatement = `
  insert into saved_views (provider_id, user_id, page, name, query) values ($1, $2, $3, $4, $5)
  on conflict (provider_id, user_id, page, lower(name)) do nothing
  returning ${columns}`;

/** Returns undefined if the user has a view of this name in this list. */
export async function createSavedView(
  tx: Transaction,
  { providerId, userId }: ViewOwner,
  { list, name, query }: Omit<SavedView, "id">,
): Promise<SavedView | undefined> {
  const [view] = await tx.query<SavedView>(insertStatement, [providerId, userId, list, name, query]);
  return view;
}

// Changes nothing if another view has the name.
const updateStatement = `
  update saved_views set name = coalesce($4, name), query = coalesce($5, query), updated_at = now()
  where provider_id = $1 and user_id = $2 and id = $3
    and not exists (
      select from saved_views other
      where other.provider_id = $1 and other.user_id = $2 and other.page = saved_views.page
        and lower(other.name) = lower($4) and other.id <> $3)
  returning ${columns}`;

/** Returns undefined if the user has no such view, or another one of this name. */
export async function updateSavedView(
  tx: Transaction,
  { providerId, userId }: ViewOwner,
  id: number,
  { name, query }: { readonly name?: string | undefined; readonly query?: string | undefined },
): Promise<SavedView | undefined> {
  const [view] = await tx.query<SavedView>(updateStatement, [providerId, userId, id, name, query]);
  return view;
}

const readStatement = `select ${columns} from saved_views where provider_id = $1 and user_id = $2 and id = $3`;

export async function readSavedView(
  db: Database,
  { providerId, userId }: ViewOwner,
  id: number,
): Promise<SavedView | undefined> {
  const [view] = await db.query<SavedView>(readStatement, [providerId, userId, id]);
  return view;
}

const deleteStatement = `delete from saved_views where provider_id = $1 and user_id = $2 and id = $3 returning id`;

/** Returns whether the user had the view. */
export const deleteSavedView = async (
  tx: Transaction,
  { providerId, userId }: ViewOwner,
  id: number,
): Promise<boolean> => (await tx.query(deleteStatement, [providerId, userId, id])).length > 0;

const allStatement = `select id, query from saved_views where provider_id = $1`;

const eraseViewsStatement = `
  delete from saved_views using unnest($2::bigint[], $3::text[]) as view (id, written), unnest($4::text[]) as term
  where provider_id = $1 and saved_views.id = view.id and ${mentionsTerm}`;

// The title may be an ordinary word, as developers choose their names, so the filter stays.
const eraseTitlesStatement = `
  update saved_views set name = 'View ' || id, updated_at = now()
  from (select name as written, id as "viewId" from saved_views where provider_id = $1) as title, unnest($2::text[]) as term
  where provider_id = $1 and id = title."viewId" and ${mentionsTerm}`;

/**
 * Deletes saved views with a name or an address in their filter, which would match nothing any more. Those with one in their title
 * alone get another title.
 */
export async function eraseSavedViews(
  tx: Transaction,
  { providerId, terms }: { readonly providerId: number; readonly terms: readonly string[] },
): Promise<void> {
  const views = await tx.query<Pick<SavedView, "id" | "query">>(allStatement, [providerId]);
  const writtenIn = (query: string): readonly string[] =>
    writtenFilterFields.flatMap((field) => new URLSearchParams(query).getAll(field));
  await tx.query(eraseViewsStatement, [
    providerId,
    views.map(({ id }) => id),
    views.map(({ query }) => writtenIn(query).join("\n")),
    terms,
  ]);
  await tx.query(eraseTitlesStatement, [providerId, terms]);
}
