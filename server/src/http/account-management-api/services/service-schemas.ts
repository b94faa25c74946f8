import { Type } from "typebox";
import { annotations, optionalText, truth } from "../answers/schema-parts.ts";

export const backendVersion = Type.String({
  enum: ["1", "2", "oauth", "oidc"],
  description: "How applications prove who they are: a user key, an application id and keys, OAuth, OpenID Connect.",
});

const percentages = Type.Optional(Type.Array(Type.Integer()));

export const notificationSettings = Type.Object(
  { web_provider: percentages, email_provider: percentages, web_buyer: percentages, email_buyer: percentages },
  { description: "At which percentages of a limit whom to notify. Absent until it is first set." },
);

/** What can be said of a new service. */
export const NewServiceSchema = Type.Object(
  {
    name: Type.String(),
    description: optionalText,
    support_email: Type.Optional(Type.String({ description: "Empty: the provider's." })),
    deployment_option: Type.Optional(
      Type.String({ description: "`hosted`, `self_managed`, `service_mesh_istio`, or `plugin_` and its language." }),
    ),
    backend_version: Type.Optional(backendVersion),
    system_name: Type.Optional(Type.String({ description: "Cannot be changed later." })),
    state_event: Type.Optional(
      Type.String({ enum: ["publish", "hide", "complete", "take_offline", "deprecate", "mark_as_deleted"] }),
    ),
    intentions_required: truth,
    mandatory_app_key: truth,
    referrer_filters_required: truth,
    buyers_manage_apps: truth,
    buyers_manage_keys: truth,
    custom_keys_enabled: truth,
    buyer_key_regenerate_enabled: truth,
    buyer_can_select_plan: truth,
    buyer_plan_change_permission: Type.Optional(
      Type.String({
        description:
          "`direct`, `request`, `credit_card`, `request_credit_card` or `none`. Anything else is kept, and permits nothing.",
      }),
    ),
    txt_support: Type.Optional(Type.String({ description: "Kept, and never returned." })),
    terms: Type.Optional(Type.String({ description: "Kept, and never returned." })),
    notification_settings: Type.Optional(notificationSettings),
    annotations: Type.Optional(annotations),
  },
  { examples: [{ name: "Tides", description: "When the water comes", backend_version: "2" }] },
);

export const ServiceChangeSchema = Type.Partial(Type.Omit(NewServiceSchema, ["system_name"]), {
  examples: [{ description: "When the water comes, and goes" }],
});

/** Other columns of 3scale's products: sent alone, they are a change of nothing. */
export const droppedOfServices = [
  "account_id",
  "created_at",
  "default_application_plan_id",
  "default_service_plan_id",
  "display_provider_keys",
  "kubernetes_service_link",
  "logo_content_type",
  "logo_file_name",
  "logo_file_size",
  "state",
  "tenant_id",
  "updated_at",
];
