/** The interfaces that can cause an event. `background` has no signed-in user: activation by email, Bellwire itself. */
export type EventInterface = "developer_portal" | "admin_portal" | "api" | "background";

interface CatalogueRow<Type> {
  readonly type: Type;
  /** The position of the switch in 3scale's API. */
  readonly position: number;
  readonly label: string;
  readonly interfaces: readonly EventInterface[];
}

const all = ["developer_portal", "admin_portal", "api"] as const;
const adminOnly = ["admin_portal", "api"] as const;
const withBackground = [...all, "background"] as const;

/** The event types, in the order of the Webhooks page. */
export const eventCatalogue = [
  ...inGroup("Accounts", [
    { type: "account.created", position: 1, label: "Account created", interfaces: all },
    { type: "account.updated", position: 2, label: "Account updated", interfaces: withBackground },
    { type: "account.plan_changed", position: 10, label: "Account Plan changed", interfaces: all },
    { type: "account.deleted", position: 3, label: "Account deleted", interfaces: adminOnly },
  ]),
  ...inGroup("Users", [
    { type: "user.created", position: 4, label: "User created", interfaces: all },
    { type: "user.updated", position: 5, label: "User updated", interfaces: withBackground },
    { type: "user.deleted", position: 6, label: "User deleted", interfaces: all },
  ]),
  ...inGroup("Applications", [
    { type: "application.created", position: 7, label: "Application created", interfaces: all },
    { type: "application.updated", position: 8, label: "Application updated", interfaces: all },
    { type: "application.suspended", position: 15, label: "Application suspended", interfaces: adminOnly },
    { type: "application.plan_changed", position: 11, label: "Application Plan changed", interfaces: all },
    { type: "application.user_key_updated", position: 12, label: "API Key changed", interfaces: all },
    { type: "application.deleted", position: 9, label: "Application deleted", interfaces: withBackground },
  ]),
  ...inGroup("Keys", [
    { type: "application.key_created", position: 13, label: "Application Key created", interfaces: all },
    { type: "application.key_deleted", position: 14, label: "Application Key deleted", interfaces: all },
    { type: "application.key_updated", position: 16, label: "Application Key updated", interfaces: all },
  ]),
] as const;

export type CatalogueEntry = (typeof eventCatalogue)[number];
export type PortalEventType = CatalogueEntry["type"];
export type SwitchName = CatalogueEntry["switchName"];

type SwitchOf<Type> = Type extends `${infer Subject}.${infer Change}` ? `${Subject}_${Change}_on` : never;

/** Returns the switch of a type on the Webhooks page and in the Account Management API: `account_created_on`. */
function switchOf<Type extends string>(type: Type): SwitchOf<Type>;
function switchOf(type: string): string {
  return `${type.replace(".", "_")}_on`;
}

function inGroup<const Type extends string, Group extends string>(group: Group, rows: readonly CatalogueRow<Type>[]) {
  return rows.map((row) => ({ ...row, group, switchName: switchOf(row.type) }));
}

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

export const isOperational = (type: string): type is OperationalEventType =>
  operationalEventTypes.some((operational) => operational === type);

/** Returns whether event types of an endpoint include a type. */
export const isSubscribedTo = (subscribed: readonly string[], type: string): boolean =>
  subscribed.includes(type) || (subscribed.includes("*") && !isOperational(type));

export const isEventType = (text: string): text is EventType => eventTypes.some((type) => type === text);

/** The switches in the order of 3scale's API. */
export const switchNames: readonly SwitchName[] = eventCatalogue
  .toSorted((left, right) => left.position - right.position)
  .map(({ switchName }) => switchName);
