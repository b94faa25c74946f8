import { Type } from "typebox";
import type { DocumentedAnswer } from "../answers/documented-answer.ts";
import { id, links, metadata, optionalText, times } from "../answers/schema-parts.ts";
import { adminUrl, product, provider } from "../examples/example-portal.ts";
import { answerService } from "./answer-service.ts";
import { backendVersion } from "./service-schemas.ts";
import { writeServices } from "./write-services.ts";

const schema = Type.Object({
  service: Type.Object(
    {
      id,
      name: Type.String(),
      state: Type.String(),
      system_name: Type.String(),
      backend_version: backendVersion,
      deployment_option: Type.String(),
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
      ...times,
      links,
    },
    { title: "Service" },
  ),
});

export const serviceAnswer: DocumentedAnswer = { schema, example: answerService({ provider, adminUrl }, product) };

export const servicesAnswer: DocumentedAnswer = {
  schema: Type.Object({ services: Type.Array(schema), metadata }),
  example: writeServices({ provider, adminUrl }, [product]),
};
