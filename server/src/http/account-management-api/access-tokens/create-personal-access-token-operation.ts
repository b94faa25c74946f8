import { jsonOnly, type Operation } from "../operation.ts";
import { IssuedAccessTokenSchema, NewAccessTokenSchema } from "./access-token-schemas.ts";
import { answerIssuedToken } from "./answer-issued-token.ts";
import { ownerOf } from "./owner-of.ts";

export const createPersonalAccessTokenOperation: Operation = {
  title: "Personal Access Token Create",
  tag: "Access tokens",
  says: "Makes an access token of your own. Its value is in this answer and in no other.",
  method: "POST",
  path: "/personal/access_tokens",
  deed: "change-own",
  formats: jsonOnly,
  body: NewAccessTokenSchema,
  wrapper: "token",
  answers: IssuedAccessTokenSchema,

  async answer({ pool }, call) {
    return answerIssuedToken(pool, call, ownerOf(call).userId);
  },
};
