import { Type } from "typebox";
import { scopes } from "#access/index.ts";

const permission = Type.String({ enum: ["ro", "rw"] });
const scope = Type.String({ enum: [...scopes] });

const stored = {
  id: Type.Integer(),
  name: Type.String(),
  scopes: Type.Array(scope),
  permission,
  expires_at: Type.Optional(Type.String({ format: "date-time" })),
};

export const AccessTokenSchema = Type.Object({ access_token: Type.Object(stored, { title: "AccessToken" }) });

export const IssuedAccessTokenSchema = Type.Object({
  access_token: Type.Object(
    { ...stored, value: Type.String({ description: "Told here and never again." }) },
    { title: "IssuedAccessToken" },
  ),
});

export const NewAccessTokenSchema = Type.Object({
  name: Type.String(),
  permission,
  scopes: Type.Array(scope),
  expires_at: Type.Optional(Type.String({ format: "date-time", description: "With its zone, and in the future." })),
});
