import { Type } from "typebox";
import { scopes } from "#access/index.ts";

export const permission = Type.String({
  enum: ["ro", "rw"],
  description: "Whether it only reads (`ro`) or also writes.",
});
export const scopesOfToken = Type.Array(Type.String({ enum: [...scopes] }));

export const NewAccessTokenSchema = Type.Object(
  {
    name: Type.String(),
    permission,
    scopes: scopesOfToken,
    expires_at: Type.Optional(Type.String({ format: "date-time", description: "With its zone, and in the future." })),
  },
  { examples: [{ name: "CRM", permission: "ro", scopes: ["account_management"], expires_at: "2030-01-01T12:00:00Z" }] },
);
