import { Type } from "typebox";
import type { DocumentedAnswer } from "../answers/documented-answer.ts";
import { id, links, times, truth } from "../answers/schema-parts.ts";
import { colleague } from "../examples/example-colleague.ts";
import { adminUrl, developerUrl, provider } from "../examples/example-portal.ts";
import { exampleSettings } from "../examples/example-settings.ts";
import { answerProvider } from "./answer-provider.ts";
import { ProviderFields } from "./provider-schema.ts";

const portal = { developerPortalUrl: () => developerUrl };

export const providerAnswer: DocumentedAnswer = {
  schema: Type.Object({
    account: Type.Object(
      {
        id,
        ...times,
        admin_domain: Type.String(),
        domain: Type.String(),
        admin_base_url: Type.String({ format: "uri" }),
        base_url: Type.String({ format: "uri" }),
        ...ProviderFields.properties,
        credit_card_stored: Type.Boolean(),
        monthly_billing_enabled: truth,
        monthly_charging_enabled: truth,
        state: Type.String(),
        annotations: Type.Record(Type.String(), Type.String()),
        links,
        org_name: Type.String(),
      },
      { title: "Provider" },
    ),
  }),
  example: answerProvider(
    portal,
    { adminUrl },
    {
      provider,
      settings: exampleSettings,
      contacts: { supportEmail: "support@acme.example", financeSupportEmail: "support@acme.example" },
      noReplyAddress: "no-reply@acme.example",
      users: [colleague],
    },
  ),
};
