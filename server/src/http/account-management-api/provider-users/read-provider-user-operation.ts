import { readProviderUser } from "#access/index.ts";
import { doneOrRefuse } from "../answers/done-or-refuse.ts";
import { xmlAndJson, type Operation } from "../operation.ts";
import { answerProviderUser } from "./answer-provider-user.ts";
import { assertOwnOrAdmin } from "./assert-own-or-admin.ts";
import { providerUserAnswer } from "./provider-user-answers.ts";

export const readProviderUserOperation: Operation = {
  title: "User Read (provider account)",
  tag: "Provider",
  says: "Returns one of the provider's own users. A member reads himself alone.",
  method: "GET",
  path: "/users/{id}",
  deed: "read-own",
  formats: xmlAndJson,
  answers: providerUserAnswer,

  async answer({ pool }, call) {
    assertOwnOrAdmin(call);
    return answerProviderUser(call, doneOrRefuse(await readProviderUser(pool, call.provider.id, call.id("id"))));
  },
};
