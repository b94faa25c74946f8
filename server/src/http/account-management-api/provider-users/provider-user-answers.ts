import type { DocumentedAnswer } from "../answers/documented-answer.ts";
import { userListSchema, userSchema } from "../answers/user-answers.ts";
import { colleague } from "../examples/example-colleague.ts";
import { adminUrl, provider } from "../examples/example-portal.ts";
import { answerPermissions } from "./answer-permissions.ts";
import { answerProviderUser } from "./answer-provider-user.ts";
import { PermissionsSchema } from "./permissions-schema.ts";
import { writeProviderUsers } from "./write-provider-users.ts";

/** Of the provider's own users. */
export const providerUserAnswer: DocumentedAnswer = {
  schema: userSchema,
  example: answerProviderUser({ provider, adminUrl }, colleague),
};
export const providerUsersAnswer: DocumentedAnswer = {
  schema: userListSchema,
  example: writeProviderUsers({ provider, adminUrl }, [colleague]),
};
export const permissionsAnswer: DocumentedAnswer = {
  schema: PermissionsSchema,
  example: answerPermissions({ provider, adminUrl }, colleague),
};
