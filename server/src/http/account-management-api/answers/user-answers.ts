import { Type } from "typebox";
import { adminUrl, settings, user } from "../examples/example-portal.ts";
import { writeUsers } from "../users/write-users.ts";
import { writeUser } from "./answer-user.ts";
import type { DocumentedAnswer } from "./documented-answer.ts";
import { id, links, optionalText, times } from "./schema-parts.ts";

export const userSchema = Type.Object({
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
export const userListSchema = Type.Object({ users: Type.Array(userSchema) });

export const userAnswer: DocumentedAnswer = { schema: userSchema, example: writeUser(user, settings, adminUrl) };
export const usersAnswer: DocumentedAnswer = {
  schema: userListSchema,
  example: writeUsers([user], settings, adminUrl),
};
