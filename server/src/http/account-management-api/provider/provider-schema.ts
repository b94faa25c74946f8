import { Type } from "typebox";

const email = Type.Optional(Type.String({ format: "email" }));
const time = Type.String({ format: "date-time" });

/** What a provider says of itself. */
export const ProviderFields = Type.Object({
  from_email: email,
  support_email: email,
  finance_support_email: email,
  site_access_code: Type.Optional(Type.String()),
});

export const ProviderSchema = Type.Object({
  account: Type.Object(
    {
      id: Type.Integer(),
      created_at: time,
      updated_at: time,
      admin_domain: Type.String(),
      domain: Type.String(),
      admin_base_url: Type.String({ format: "uri" }),
      base_url: Type.String({ format: "uri" }),
      ...ProviderFields.properties,
      state: Type.String(),
      org_name: Type.String(),
    },
    { title: "Provider", additionalProperties: true },
  ),
});
