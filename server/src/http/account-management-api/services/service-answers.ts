import { Type } from "typebox";
import type { DocumentedAnswer } from "../answers/documented-answer.ts";
import { id, links, metadata, optionalText, times } from "../answers/schema-parts.ts";
import { adminUrl, product, provider } from "../examples/example-portal.ts";
import { answerService, answerServices, type ServiceContext } from "./answer-service.ts";
import { backendVersion, notificationSettings } from "./service-schemas.ts";

const schema = Type.Object({
  service: Type.Object(
    {
      id,
      name: Type.String(),
      state: Type.String(),
      system_name: Type.String(),
      backend_version: backendVersion,
      deployment_option: Type.String(),
      support_email: optionalText,
      description: optionalText,
      intentions_required: Type.Boolean(),
      buyers_manage_apps: Type.Boolean(),
      buyers_manage_keys: Type.Boolean(),
      referrer_filters_required: Type.Boolean(),
      custom_keys_enabled: Type.Boolean(),
      buyer_key_regenerate_enabled: Type.Boolean(),
      mandatory_app_key: Type.Boolean(),
      buyer_can_select_plan: Type.Boolean(),
      buyer_plan_change_permission: Type.String(),
      notification_settings: Type.Optional(notificationSettings),
      annotations: Type.Record(Type.String(), Type.String()),
      ...times,
      links,
    },
    { title: "Service" },
  ),
});

const context: ServiceContext = { provider, adminUrl, supportEmail: "support@acme.example" };

export const serviceAnswer: DocumentedAnswer = { schema, example: answerService(context, product) };

export const servicesAnswer: DocumentedAnswer = {
  schema: Type.Object({ services: Type.Array(schema), metadata }),
  example: answerServices(context, [product]),
};
