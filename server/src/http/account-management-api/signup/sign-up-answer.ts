import type { DocumentedAnswer } from "../answers/documented-answer.ts";
import { accountSchema } from "../answers/account-answers.ts";
import { adminUrl, application, settings, wholeAccount } from "../examples/example-portal.ts";
import { writeSignedUp } from "./write-signed-up.ts";

export const signedUpAnswer: DocumentedAnswer = {
  schema: accountSchema,
  example: writeSignedUp({ whole: wholeAccount, applications: [application] }, settings, adminUrl),
};
