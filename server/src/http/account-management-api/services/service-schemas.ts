import { Type } from "typebox";
import { MetadataSchema } from "../answers/answer-schemas.ts";

const time = Type.String({ format: "date-time" });
const backendVersion = Type.String({
  enum: ["1", "2", "oauth", "oidc"],
  description: "How applications prove who they are: a user key, an application id and keys, OAuth, OpenID Connect.",
});

export const ServiceSchema = Type.Object({
  service: Type.Object(
    {
      id: Type.Integer(),
      name: Type.String(),
      state: Type.String(),
      system_name: Type.String(),
      backend_version: backendVersion,
      deployment_option: Type.String(),
      description: Type.Optional(Type.String()),
      created_at: time,
      updated_at: time,
      links: Type.Array(Type.Object({ rel: Type.String(), href: Type.String({ format: "uri" }) })),
    },
    { title: "Service", additionalProperties: true },
  ),
});

export const ServicesSchema = Type.Object({
  services: Type.Array(ServiceSchema),
  metadata: Type.Optional(MetadataSchema),
});

const truth = Type.Optional(Type.Boolean());

/** What can be said of a new service. */
export const NewServiceSchema = Type.Object({
  name: Type.String(),
  description: Type.Optional(Type.String()),
  deployment_option: Type.Optional(Type.String()),
  backend_version: Type.Optional(backendVersion),
  system_name: Type.Optional(Type.String({ description: "Cannot be changed later." })),
  mandatory_app_key: truth,
  referrer_filters_required: truth,
  buyers_manage_apps: truth,
  buyers_manage_keys: truth,
  custom_keys_enabled: truth,
  buyer_key_regenerate_enabled: truth,
  buyer_can_select_plan: truth,
  buyer_plan_change_permission: Type.Optional(
    Type.String({ enum: ["direct", "request", "credit_card", "request_credit_card", "none"] }),
  ),
});

export const ServiceChangeSchema = Type.Partial(NewServiceSchema);
