import { readProviderUser } from "#access/index.ts";
import { Problem } from "#http/shared/problem.ts";
import { doneOrRefuse } from "../answers/done-or-refuse.ts";
import { jsonOnly, type Operation } from "../operation.ts";
import { NewAccessTokenSchema } from "./access-token-schemas.ts";
import { answerIssuedToken } from "./answer-issued-token.ts";
import { issuedTokenAnswer } from "./access-token-answers.ts";

export const createAccessTokenOperation: Operation = {
  title: "Access Token Create",
  tag: "Access tokens",
  says: "Makes an access token for yourself; with the provider key, for any user of the provider. A token makes none that is worth more than itself.",
  method: "POST",
  path: "/users/{user_id}/access_tokens",
  deed: "change-own",
  formats: jsonOnly,
  body: NewAccessTokenSchema,
  wrapper: "token",
  answers: issuedTokenAnswer,
  refusesUnknown: true,

  async answer({ pool }, call) {
    const { provider, caller } = call;
    const userId = call.id("user_id");
    if ("userId" in caller.actor && caller.actor.userId !== userId) throw new Problem("role-missing");
    doneOrRefuse(await readProviderUser(pool, provider.id, userId));
    return answerIssuedToken(pool, call, userId);
  },
};
