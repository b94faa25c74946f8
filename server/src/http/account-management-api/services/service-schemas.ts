import { Type } from "typebox";
import { truth } from "../answers/schema-parts.ts";

export const backendVersion = Type.String({
  enum: ["1", "2", "oauth", "oidc"],
  description: "How applications prove who they are: a user key, an application id and keys, OAuth, OpenID Connect.",
});

/** What can be said of a new service. */
export const NewServiceSchema = Type.Object(
  {
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
  },
  { examples: [{ name: "Tides", description: "When the water comes", backend_version: "2" }] },
);

export const ServiceChangeSchema = Type.Partial(NewServiceSchema, {
  examples: [{ description: "When the water comes, and goes" }],
});
