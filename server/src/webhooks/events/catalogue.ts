/** Every type of event, in the order in which lists show them, and the switch that 3scale's webhook has for it. */
export const eventSwitches = [
  { type: "account.created", switchName: "account_created_on" },
  { type: "account.updated", switchName: "account_updated_on" },
  { type: "account.plan_changed", switchName: "account_plan_changed_on" },
  { type: "account.deleted", switchName: "account_deleted_on" },
  { type: "user.created", switchName: "user_created_on" },
  { type: "user.updated", switchName: "user_updated_on" },
  { type: "user.deleted", switchName: "user_deleted_on" },
  { type: "application.created", switchName: "application_created_on" },
  { type: "application.updated", switchName: "application_updated_on" },
  { type: "application.suspended", switchName: "application_suspended_on" },
  { type: "application.plan_changed", switchName: "application_plan_changed_on" },
  { type: "application.user_key_updated", switchName: "application_user_key_updated_on" },
  { type: "application.deleted", switchName: "application_deleted_on" },
  { type: "application.key_created", switchName: "application_key_created_on" },
  { type: "application.key_deleted", switchName: "application_key_deleted_on" },
  { type: "application.key_updated", switchName: "application_key_updated_on" },
] as const;

export type EventType = (typeof eventSwitches)[number]["type"];
export type SwitchName = (typeof eventSwitches)[number]["switchName"];

export const eventTypes: readonly EventType[] = eventSwitches.map(({ type }) => type);

export const isEventType = (text: string): text is EventType => eventTypes.some((type) => type === text);

/** The doors through which a change can come; `background` is what nobody who is signed in does: activation by e-mail, Bellwire itself. */
export type Door = "developer_portal" | "admin_portal" | "api" | "background";

export interface CatalogueEntry {
  readonly type: EventType;
  /** Its switch on the Webhooks page and in the Account Management API. */
  readonly switchName: string;
  readonly label: string;
  readonly group: "Accounts" | "Users" | "Applications" | "Keys";
  /** The doors that can cause it. */
  readonly doors: readonly Door[];
}

const everyDoor = ["developer_portal", "admin_portal", "api"] as const;
const adminDoors = ["admin_portal", "api"] as const;

const facts: Readonly<Record<EventType, Omit<CatalogueEntry, "type" | "switchName">>> = {
  "account.created": { label: "Account created", group: "Accounts", doors: everyDoor },
  "account.updated": { label: "Account updated", group: "Accounts", doors: [...everyDoor, "background"] },
  "account.plan_changed": { label: "Account Plan changed", group: "Accounts", doors: everyDoor },
  "account.deleted": { label: "Account deleted", group: "Accounts", doors: adminDoors },
  "user.created": { label: "User created", group: "Users", doors: everyDoor },
  "user.updated": { label: "User updated", group: "Users", doors: [...everyDoor, "background"] },
  "user.deleted": { label: "User deleted", group: "Users", doors: everyDoor },
  "application.created": { label: "Application created", group: "Applications", doors: everyDoor },
  "application.updated": { label: "Application updated", group: "Applications", doors: everyDoor },
  "application.suspended": { label: "Application suspended", group: "Applications", doors: adminDoors },
  "application.plan_changed": { label: "Application Plan changed", group: "Applications", doors: everyDoor },
  "application.user_key_updated": { label: "API Key changed", group: "Applications", doors: everyDoor },
  "application.deleted": {
    label: "Application deleted",
    group: "Applications",
    doors: [...everyDoor, "background"],
  },
  "application.key_created": { label: "Application Key created", group: "Keys", doors: everyDoor },
  "application.key_deleted": { label: "Application Key deleted", group: "Keys", doors: everyDoor },
  "application.key_updated": { label: "Application Key updated", group: "Keys", doors: everyDoor },
};

/** All that can happen, in the order of the Webhooks page. */
export const eventCatalogue: readonly CatalogueEntry[] = eventSwitches.map(({ type, switchName }) => ({
  type,
  switchName,
  ...facts[type],
}));
