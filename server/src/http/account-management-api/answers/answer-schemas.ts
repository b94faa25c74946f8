import { Type, type TProperties } from "typebox";

const id = Type.Integer();
const time = Type.String({ format: "date-time" });
const times = { created_at: time, updated_at: time };
const links = Type.Array(Type.Object({ rel: Type.String(), href: Type.String({ format: "uri" }) }));

/** `{"account": {…}}`. The provider's own fields follow the fixed ones, by name. */
const wrapped = (name: string, title: string, properties: TProperties) =>
  Type.Object({ [name]: Type.Object(properties, { title, additionalProperties: true }) });

export const AccountSchema = wrapped("account", "Account", {
  id,
  ...times,
  credit_card_stored: Type.Boolean(),
  monthly_billing_enabled: Type.Optional(Type.Boolean()),
  monthly_charging_enabled: Type.Optional(Type.Boolean()),
  state: Type.String({ enum: ["created", "pending", "approved", "rejected", "suspended", "scheduled_for_deletion"] }),
  annotations: Type.Record(Type.String(), Type.String()),
  links,
  org_name: Type.String(),
});

/** Where a page stands in its list. */
export const MetadataSchema = Type.Object({
  per_page: Type.Integer(),
  total_entries: Type.Integer(),
  total_pages: Type.Integer(),
  current_page: Type.Integer(),
});

export const UserSchema = wrapped("user", "User", {
  id,
  state: Type.String({ enum: ["pending", "active", "suspended", "email_unverified"] }),
  role: Type.String({ enum: ["admin", "member"] }),
  ...times,
  links,
  username: Type.String(),
  email: Type.Optional(Type.String()),
});

export const ApplicationSchema = wrapped("application", "Application", {
  id,
  state: Type.String({ enum: ["pending", "live", "suspended"] }),
  enabled: Type.Boolean(),
  ...times,
  service_id: id,
  service_name: Type.String(),
  plan_id: id,
  plan_name: Type.String(),
  account_id: id,
  org_name: Type.String(),
  user_key: Type.Optional(Type.String()),
  application_id: Type.Optional(Type.String()),
  links,
  name: Type.Optional(Type.String()),
});

export const FailuresSchema = Type.Object({
  "webhooks-failures": Type.Array(
    wrapped("webhooks-failure", "WebhooksFailure", {
      id: Type.String({ description: "The event's id, which the receiver knows as webhook-id." }),
      time,
      error: Type.String(),
      url: Type.String(),
      event: Type.String({ description: "The document that could not be delivered." }),
    }),
  ),
});
