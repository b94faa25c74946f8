import { eventSwitches, type EventType } from "#webhooks/endpoints/index.ts";

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
