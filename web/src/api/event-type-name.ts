import type { EventTypeName } from "./event-type-queries.ts";

/** Complete, or it does not compile: the API's description has the same names. */
const names: Readonly<Record<EventTypeName, true>> = {
  "account.created": true,
  "account.updated": true,
  "account.plan_changed": true,
  "account.deleted": true,
  "user.created": true,
  "user.updated": true,
  "user.deleted": true,
  "application.created": true,
  "application.updated": true,
  "application.suspended": true,
  "application.plan_changed": true,
  "application.user_key_updated": true,
  "application.deleted": true,
  "application.key_created": true,
  "application.key_deleted": true,
  "application.key_updated": true,
};

/** For what comes from the page's address. */
export const isEventTypeName = (text: unknown): text is EventTypeName =>
  typeof text === "string" && Object.hasOwn(names, text);
