import { Type } from "typebox";
import { exampleExpiry, exampleTime } from "#platform/clock/example-times.ts";
import type { DocumentedAnswer } from "../answers/documented-answer.ts";
import { id, time } from "../answers/schema-parts.ts";
import { writeJson } from "../answers/write-json.ts";
import { provider } from "../examples/example-portal.ts";
import { permission, scopesOfToken } from "./access-token-schemas.ts";
import { accessTokenToJson } from "./access-token-to-json.ts";

const stored = { id, name: Type.String(), scopes: scopesOfToken, permission, expires_at: Type.Optional(time) };
const schema = Type.Object({ access_token: Type.Object(stored, { title: "AccessToken" }) });

const token = {
  id: 71,
  name: "CRM",
  scopes: ["account_management"],
  permission: "ro",
  expiresAt: exampleExpiry,
  createdAt: exampleTime,
} as const;
/** 96 hexadecimal digits, as all of them; it opens nothing. */
const value = "0123456789abcdef".repeat(6);

export const accessTokenAnswer: DocumentedAnswer = {
  schema,
  example: { json: () => writeJson(accessTokenToJson(token, provider)) },
};

export const accessTokensAnswer: DocumentedAnswer = {
  schema: Type.Object({ access_tokens: Type.Array(schema) }),
  example: { json: () => writeJson({ access_tokens: [accessTokenToJson(token, provider)] }) },
};

export const issuedTokenAnswer: DocumentedAnswer = {
  schema: Type.Object({
    access_token: Type.Object(
      { ...stored, value: Type.String({ description: "Told here and never again." }) },
      { title: "IssuedAccessToken" },
    ),
  }),
  example: { json: () => writeJson(accessTokenToJson(token, provider, value)) },
};
