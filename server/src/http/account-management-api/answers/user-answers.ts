import { Type } from "typebox";
import { colleague } from "../examples/example-colleague.ts";
import { adminUrl, provider, settings, user } from "../examples/example-portal.ts";
import { answerPermissions } from "../provider-users/answer-permissions.ts";
import { answerProviderUser } from "../provider-users/answer-provider-user.ts";
import { writeProviderUsers } from "../provider-users/write-provider-users.ts";
import { PermissionsSchema } from "../provider-users/permissions-schema.ts";
import { writeUsers } from "../users/write-users.ts";
import { writeUser } from "./answer-user.ts";
import type { DocumentedAnswer } from "./documented-answer.ts";
import { id, links, optionalText, times } from "./schema-parts.ts";

const schema = Type.Object({
  user: Type.Object(
    {
      id,
      state: Type.String({ enum: ["pending", "active", "suspended", "email_unverified"] }),
      role: Type.String({ enum: ["admin", "member"] }),
      cas_identifier: optionalText,
      open_id: optionalText,
      ...times,
      links,
      username: Type.String(),
      email: optionalText,
    },
    { title: "User", additionalProperties: true, description: "Followed by the fields that you have defined." },
  ),
});
const list = Type.Object({ users: Type.Array(schema) });

export const userAnswer: DocumentedAnswer = { schema, example: writeUser(user, settings, adminUrl) };
export const usersAnswer: DocumentedAnswer = { schema: list, example: writeUsers([user], settings, adminUrl) };

/** Of the provider's own users. */
export const providerUserAnswer: DocumentedAnswer = {
  schema,
  example: answerProviderUser({ provider, adminUrl }, colleague),
};
export const providerUsersAnswer: DocumentedAnswer = {
  schema: list,
  example: writeProviderUsers({ provider, adminUrl }, [colleague]),
};
export const permissionsAnswer: DocumentedAnswer = {
  schema: PermissionsSchema,
  example: answerPermissions({ provider, adminUrl }, colleague),
};
