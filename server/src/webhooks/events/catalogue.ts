/** The interfaces that can cause an event. `background` has no signed-in user: activation by email, Bellwire itself. */
export type EventInterface = "developer_portal" | "admin_portal" | "api" | "background";

interface CatalogueRow {
  readonly type: string;
  /** The switch on the Webhooks page and in the Account Management API. */
  readonly switchName: string;
  /** The position of the switch in 3scale's API. */
  readonly position: number;
  readonly label: string;
  readonly group: "Accounts" | "Users" | "Applications" | "Keys";
  readonly interfaces: readonly EventInterface[];
}

const all = ["developer_portal", "admin_portal", "api"] as const;
const adminOnly = ["admin_portal", "api"] as const;
const withBackground = [...all, "background"] as const;

/** The event types, in the order of the Webhooks page. */
export const eventCatalogue = [
  {
    type: "account.created",
    switchName: "account_created_on",
    position: 1,
    label: "Account created",
    group: "Accounts",
    interfaces: all,
  },
  {
    type: "account.updated",
    switchName: "account_updated_on",
    position: 2,
    label: "Account updated",
    group: "Accounts",
    interfaces: withBackground,
  },
  {
    type: "account.plan_changed",
    switchName: "account_plan_changed_on",
    position: 10,
    label: "Account Plan changed",
    group: "Accounts",
    interfaces: all,
  },
  {
    type: "account.deleted",
    switchName: "account_deleted_on",
    position: 3,
    label: "Account deleted",
    group: "Accounts",
    interfaces: adminOnly,
  },
  {
    type: "user.created",
    switchName: "user_created_on",
    position: 4,
    label: "User created",
    group: "Users",
    interfaces: all,
  },
  {
    type: "user.updated",
    switchName: "user_updated_on",
    position: 5,
    label: "User updated",
    group: "Users",
    interfaces: withBackground,
  },
  {
    type: "user.deleted",
    switchName: "user_deleted_on",
    position: 6,
    label: "User deleted",
    group: "Users",
    interfaces: all,
  },
  {
    type: "application.created",
    switchName: "application_created_on",
    position: 7,
    label: "Application created",
    group: "Applications",
    interfaces: all,
  },
  {
    type: "application.updated",
    switchName: "application_updated_on",
    position: 8,
    label: "Application updated",
    group: "Applications",
    interfaces: all,
  },
  {
    type: "application.suspended",
    switchName: "application_suspended_on",
    position: 15,
    label: "Application suspended",
    group: "Applications",
    interfaces: adminOnly,
  },
  {
    type: "application.plan_changed",
    switchName: "application_plan_changed_on",
    position: 11,
    label: "Application Plan changed",
    group: "Applications",
    interfaces: all,
  },
  {
    type: "application.user_key_updated",
    switchName: "application_user_key_updated_on",
    position: 12,
    label: "API Key changed",
    group: "Applications",
    interfaces: all,
  },
  {
    type: "application.deleted",
    switchName: "application_deleted_on",
    position: 9,
    label: "Application deleted",
    group: "Applications",
    interfaces: withBackground,
  },
  {
    type: "application.key_created",
    switchName: "application_key_created_on",
    position: 13,
    label: "Application Key created",
    group: "Keys",
    interfaces: all,
  },
  {
    type: "application.key_deleted",
    switchName: "application_key_deleted_on",
    position: 14,
    label: "Application Key deleted",
    group: "Keys",
    interfaces: all,
  },
  {
    type: "application.key_updated",
    switchName: "application_key_updated_on",
    position: 16,
    label: "Application Key updated",
    group: "Keys",
    interfaces: all,
  },
] as const satisfies readonly CatalogueRow[];

export type CatalogueEntry = (typeof eventCatalogue)[number];
export type PortalEventType = CatalogueEntry["type"];
export type SwitchName = CatalogueEntry["switchName"];

interface OperationalRow {
  readonly type: string;
  readonly label: string;
  /** A sentence for the documentation. */
  readonly description: string;
}

/**
 * Events about endpoints, caused by alerts. 3scale has none of them: they have no switch, never reach the endpoint
 * `default`, and other endpoints get only those that they name.
 */
export const operationalEvents = [
  {
    type: "endpoint.degraded",
    label: "Endpoint degraded",
    description: "An alert about an endpoint opened: its success rate, latency, waiting deliveries or certificate.",
  },
  { type: "endpoint.recovered", label: "Endpoint recovered", description: "An alert about an endpoint closed." },
  {
    type: "endpoint.disabled",
    label: "Endpoint disabled",
    description: "Bellwire disabled an endpoint. Its deliveries are held until somebody enables it.",
  },
  {
    type: "deliveries.exhausted",
    label: "Deliveries exhausted",
    description: "Deliveries to an endpoint began to fail with their last attempt.",
  },
] as const satisfies readonly OperationalRow[];

export type OperationalEntry = (typeof operationalEvents)[number];
export type OperationalEventType = OperationalEntry["type"];
export type EventType = PortalEventType | OperationalEventType;

/** The types of changes. `*` in an endpoint's event types stands for these. */
export const portalEventTypes: readonly PortalEventType[] = eventCatalogue.map(({ type }) => type);
export const operationalEventTypes: readonly OperationalEventType[] = operationalEvents.map(({ type }) => type);
export const eventTypes: readonly EventType[] = [...portalEventTypes, ...operationalEventTypes];

export const isOperational = (type: string): boolean =>
  operationalEventTypes.some((operational) => operational === type);

/** Returns whether event types of an endpoint include a type. */
export const isSubscribedTo = (subscribed: readonly string[], type: string): boolean =>
  subscribed.includes(type) || (subscribed.includes("*") && !isOperational(type));

export const isEventType = (text: string): text is EventType => eventTypes.some((type) => type === text);

/** The switches in the order of 3scale's API. */
export const switchNames: readonly SwitchName[] = eventCatalogue
  .toSorted((left, right) => left.position - right.position)
  .map(({ switchName }) => switchName);
