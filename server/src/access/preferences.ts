import type { Database, Transaction } from "#platform/database/database.ts";
import { mentionsTerm, writtenFilterFields } from "./audit.ts";
import type { ProductScope } from "./permissions.ts";
import type { Role } from "./provider-users.ts";

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

interface NotificationRow {
  /** The preference of users who have not changed it: 3scale's. */
  readonly isOn: boolean;
  /** The sections with all of which members get it. Without any, nothing in Bellwire causes it. */
  readonly sections?: readonly ("partners" | "plans" | "finance")[];
  readonly when: string;
}

/** As the subscriptions themselves: with another section, the linked page does not show them. */
const ofSubscriptions = ["partners", "plans"] as const;

/** 3scale's notifications, in the order of its API: by name. */
const notifications = {
  account_created: { isOn: false, sections: ["partners"], when: "a developer account is created" },
  account_deleted: { isOn: false, sections: ["partners"], when: "a developer account is deleted" },
  account_plan_change_requested: { isOn: true, sections: ["partners"], when: "a developer requests an account plan" },
  application_created: { isOn: false, sections: ["partners"], when: "an application is created" },
  application_plan_change_requested: {
    isOn: true,
    sections: ["partners"],
    when: "a developer requests an application plan",
  },
  cinstance_cancellation: { isOn: false, sections: ["partners"], when: "an application is deleted" },
  cinstance_expired_trial: { isOn: false, when: "the trial of an application ends" },
  cinstance_plan_changed: { isOn: false, sections: ["partners"], when: "an application is moved to another plan" },
  credit_card_unstore_failed: { isOn: true, when: "a credit card cannot be deleted from the payment gateway" },
  csv_data_export: { isOn: true, when: "an export of data is ready" },
  daily_report: { isOn: false, when: "a day of API traffic ends" },
  expired_credit_card_provider: { isOn: true, when: "a developer's credit card is about to expire" },
  invoices_to_review: { isOn: true, when: "invoices wait for a review" },
  limit_alert_reached_provider: { isOn: true, when: "an application comes close to a usage limit" },
  limit_violation_reached_provider: { isOn: true, when: "an application exceeds a usage limit" },
  message_received: { isOn: true, sections: ["partners"], when: "a developer sends a message" },
  plan_downgraded: { isOn: false, sections: ["finance"], when: "a customer moves to a plan with a lower monthly cost" },
  post_created: { isOn: false, when: "somebody writes in the forum" },
  service_contract_cancellation: { isOn: false, sections: ofSubscriptions, when: "a service subscription ends" },
  service_contract_created: { isOn: false, sections: ofSubscriptions, when: "an account is subscribed to a service" },
  service_contract_plan_changed: {
    isOn: false,
    sections: ofSubscriptions,
    when: "a service subscription is moved to another plan",
  },
  service_deleted: { isOn: false, sections: ["partners"], when: "a service is deleted" },
  service_plan_change_requested: { isOn: true, sections: ofSubscriptions, when: "a developer requests a service plan" },
  unsuccessfully_charged_invoice_final_provider: { isOn: true, when: "the last attempt to charge an invoice fails" },
  unsuccessfully_charged_invoice_provider: { isOn: false, when: "an attempt to charge an invoice fails" },
  weekly_report: { isOn: false, when: "a week of API traffic ends" },
} as const satisfies Record<string, NotificationRow>;

export type NotificationName = keyof typeof notifications;

/** A notification that a change in Bellwire causes. */
export type MailedNotification = {
  [Name in NotificationName]: (typeof notifications)[Name] extends { readonly sections: readonly string[] }
    ? Name
    : never;
}[NotificationName];

const isNotificationName = (name: string): name is NotificationName => Object.hasOwn(notifications, name);

export const notificationNames: readonly NotificationName[] = Object.keys(notifications).filter(isNotificationName);

/** Returns when a notification is mailed, whether it is by default, and the sections with which members get it. */
export const describeNotification = (name: NotificationName): NotificationRow => notifications[name];

/** A preference for each name, in alphabetical order. */
export type NotificationPreferences = Readonly<Record<string, boolean>>;

const withDefaults = (stored: NotificationPreferences): NotificationPreferences =>
  Object.fromEntries(notificationNames.map((name) => [name, stored[name] ?? notifications[name].isOn]));

/** The preferences of a user who has changed none. */
export const defaultNotificationPreferences = withDefaults({});

interface NotifiedUser {
  readonly providerId: number;
  readonly userId: number;
}

/** Only the preferences that differ from the default. */
interface StoredPreferences {
  readonly notifications: NotificationPreferences;
}

const readPreferencesStatement = `select notifications from provider_users where provider_id = $1 and id = $2`;

/** Returns the preferences of a user, or undefined if there is no such user. */
export async function readNotificationPreferences(
  db: Database,
  { providerId, userId }: NotifiedUser,
): Promise<NotificationPreferences | undefined> {
  const [user] = await db.query<StoredPreferences>(readPreferencesStatement, [providerId, userId]);
  return user && withDefaults(user.notifications);
}

// One statement, so that of two changes at once of different preferences both last.
const updatePreferencesStatement = `
  update provider_users
  set notifications = (notifications - $3::text[]) || $4::jsonb
  where provider_id = $1 and id = $2
  returning notifications`;

/** Changes these preferences of a user, and returns all of them, or undefined if there is no such user. */
export async function updateNotificationPreferences(
  tx: Transaction,
  { providerId, userId }: NotifiedUser,
  changes: ReadonlyMap<NotificationName, boolean>,
): Promise<NotificationPreferences | undefined> {
  const differing = [...changes].filter(([name, isOn]) => isOn !== notifications[name].isOn);
  const values = [providerId, userId, [...changes.keys()], JSON.stringify(Object.fromEntries(differing))];
  const [user] = await tx.query<StoredPreferences>(updatePreferencesStatement, values);
  return user && withDefaults(user.notifications);
}

/** A user who can get mails. */
export interface NotifiableUser extends StoredPreferences {
  readonly email: string;
  readonly role: Role;
  readonly sections: readonly string[];
  readonly serviceIds: ProductScope;
}

// By primary key: a provider has few users. With names, only users who have changed one of these preferences.
// @indexed
const listNotifiableStatement = `
  select email, role, sections, service_ids, notifications
  from provider_users
  where provider_id = $1 and state = 'active' and email is not null and ($2::text[] is null or notifications ?| $2)
  order by id`;

/** Lists the users who may want one of these notifications, or all users. */
export function listNotifiableUsers(
  db: Database,
  providerId: number,
  names: readonly MailedNotification[] | "all",
): Promise<NotifiableUser[]> {
  const isChangeNeeded = names !== "all" && !names.some((name) => notifications[name].isOn);
  return db.query<NotifiableUser>(listNotifiableStatement, [providerId, isChangeNeeded ? names : null]);
}

/** Returns whether a user wants a notification about these products, and may see it. */
export function isNotifiedOf(
  { role, sections, serviceIds, notifications: changed }: Omit<NotifiableUser, "email">,
  name: MailedNotification,
  productIds: readonly number[],
): boolean {
  const { isOn, sections: needed } = notifications[name];
  if (!(changed[name] ?? isOn)) return false;
  if (role === "admin") return true;
  if (!needed.every((section) => sections.includes(section))) return false;
  return serviceIds === null || productIds.some((id) => serviceIds.includes(id));
}
