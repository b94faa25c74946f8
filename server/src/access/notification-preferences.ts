import type { Database, Transaction } from "#platform/database/database.ts";
import type { ProductScope } from "./permissions.ts";
import type { Role } from "./provider-users.ts";

interface NotificationRow {
  /** The preference of users who have not changed it: 3scale's. */
  readonly isOn: boolean;
  /** The section with which members get it. Without one, nothing in Bellwire causes it. */
  readonly section?: "partners" | "finance";
  readonly when: string;
}

/** 3scale's notifications, in the order of its API: by name. */
const notifications = {
  account_created: { isOn: false, section: "partners", when: "a developer account is created" },
  account_deleted: { isOn: false, section: "partners", when: "a developer account is deleted" },
  account_plan_change_requested: { isOn: true, section: "partners", when: "a developer requests an account plan" },
  application_created: { isOn: false, section: "partners", when: "an application is created" },
  application_plan_change_requested: {
    isOn: true,
    section: "partners",
    when: "a developer requests an application plan",
  },
  cinstance_cancellation: { isOn: false, section: "partners", when: "an application is deleted" },
  cinstance_expired_trial: { isOn: false, when: "the trial of an application ends" },
  cinstance_plan_changed: { isOn: false, section: "partners", when: "an application is moved to another plan" },
  credit_card_unstore_failed: { isOn: true, when: "a credit card cannot be deleted from the payment gateway" },
  csv_data_export: { isOn: true, when: "an export of data is ready" },
  daily_report: { isOn: false, when: "a day of API traffic ends" },
  expired_credit_card_provider: { isOn: true, when: "a developer's credit card is about to expire" },
  invoices_to_review: { isOn: true, when: "invoices wait for a review" },
  limit_alert_reached_provider: { isOn: true, when: "an application comes close to a usage limit" },
  limit_violation_reached_provider: { isOn: true, when: "an application exceeds a usage limit" },
  message_received: { isOn: true, when: "a developer sends a message" },
  plan_downgraded: { isOn: false, section: "finance", when: "a customer moves to a plan with a lower monthly cost" },
  post_created: { isOn: false, when: "somebody writes in the forum" },
  service_contract_cancellation: { isOn: false, section: "partners", when: "a service subscription ends" },
  service_contract_created: { isOn: false, section: "partners", when: "an account is subscribed to a service" },
  service_contract_plan_changed: {
    isOn: false,
    section: "partners",
    when: "a service subscription is moved to another plan",
  },
  service_deleted: { isOn: false, section: "partners", when: "a service is deleted" },
  service_plan_change_requested: { isOn: true, when: "a developer requests a service plan" },
  unsuccessfully_charged_invoice_final_provider: { isOn: true, when: "the last attempt to charge an invoice fails" },
  unsuccessfully_charged_invoice_provider: { isOn: false, when: "an attempt to charge an invoice fails" },
  weekly_report: { isOn: false, when: "a week of API traffic ends" },
} as const satisfies Record<string, NotificationRow>;

export type NotificationName = keyof typeof notifications;

/** A notification that a change in Bellwire causes. */
export type MailedNotification = {
  [Name in NotificationName]: (typeof notifications)[Name] extends { readonly section: string } ? Name : never;
}[NotificationName];

const isNotificationName = (name: string): name is NotificationName => Object.hasOwn(notifications, name);

export const notificationNames: readonly NotificationName[] = Object.keys(notifications).filter(isNotificationName);

/** Returns when a notification is mailed, whether it is by default, and the section with which members get it. */
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

const readStatement = `select notifications from provider_users where provider_id = $1 and id = $2`;

/** Returns the preferences of a user, or undefined if there is no such user. */
export async function readNotificationPreferences(
  db: Database,
  { providerId, userId }: NotifiedUser,
): Promise<NotificationPreferences | undefined> {
  const [user] = await db.query<StoredPreferences>(readStatement, [providerId, userId]);
  return user && withDefaults(user.notifications);
}

// One statement, so that of two changes at once of different preferences both last.
const updateStatement = `
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
  const [user] = await tx.query<StoredPreferences>(updateStatement, values);
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
  const { isOn, section } = notifications[name];
  if (!(changed[name] ?? isOn)) return false;
  if (role === "admin") return true;
  return sections.includes(section) && (serviceIds === null || productIds.some((id) => serviceIds.includes(id)));
}
