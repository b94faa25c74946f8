import { Type } from "typebox";

const email = Type.Optional(Type.String());

/** What a provider says of itself. */
export const ProviderFields = Type.Object(
  {
    from_email: email,
    support_email: email,
    finance_support_email: email,
    site_access_code: Type.Optional(Type.String()),
  },
  { examples: [{ support_email: "support@acme.example" }] },
);
