import { Type } from "typebox";
import { updateProviderUser } from "#portal/provider-account/index.ts";
import { doneOrRefuse } from "../answers/done-or-refuse.ts";
import { xmlAndJson, type Operation } from "../operation.ts";
import { answerProviderUser } from "./answer-provider-user.ts";
import { assertOwnOrAdmin } from "./assert-own-or-admin.ts";
import { providerUserChangeOf } from "./provider-user-change-of.ts";
import { providerUserAnswer } from "../answers/user-answers.ts";
import { optionalText } from "../answers/schema-parts.ts";

export const updateProviderUserOperation: Operation = {
  title: "User Update (provider account)",
  tag: "Provider",
  says: "Changes one of the provider's own users; a member changes himself alone. What is left out stays as it is.",
  method: "PUT",
  path: "/users/{id}",
  deed: "change-own",
  formats: xmlAndJson,
  body: Type.Object(
    { username: optionalText, email: optionalText, password: optionalText },
    { examples: [{ email: "grace.h@acme.example" }] },
  ),
  answers: providerUserAnswer,

  async answer({ pool }, call) {
    assertOwnOrAdmin(call);
    const { values } = call;
    const outcome = await updateProviderUser(pool, { ...providerUserChangeOf(call), values });
    return answerProviderUser(call, doneOrRefuse(outcome).user);
  },
};
