import { jsonOnly, type Operation } from "../operation.ts";
import { NewAccessTokenSchema } from "./access-token-schemas.ts";
import { answerIssuedToken } from "./answer-issued-token.ts";
import { ownerOf } from "./owner-of.ts";
import { issuedTokenAnswer } from "./access-token-answers.ts";

export const createPersonalAccessTokenOperation: Operation = {
  title: "Personal Access Token Create",
  tag: "Access tokens",
  says: "Makes an access token of your own. Its value is in this answer and in no other. A token makes none that is worth more than itself: neither more scopes nor a later end.",
  method: "POST",
  path: "/personal/access_tokens",
  deed: "change-own",
  formats: jsonOnly,
  body: NewAccessTokenSchema,
  wrapper: "token",
  answers: issuedTokenAnswer,
  refusesUnknown: true,

  async answer({ pool }, call) {
    return answerIssuedToken(pool, call, ownerOf(call).userId);
  },
};
