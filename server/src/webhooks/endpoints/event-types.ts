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
