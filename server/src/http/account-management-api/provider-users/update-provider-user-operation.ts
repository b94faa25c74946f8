import { Type } from "typebox";
import { xmlAndJson, type Operation } from "../operation.ts";
import { doneOrRefuse } from "../answers/done-or-refuse.ts";
import { optionalText } from "../answers/schema-parts.ts";
import { providerUserAnswer } from "./provider-user-answers.ts";
import { answerProviderUser } from "./answer-provider-user.ts";
import { assertOwnOrAdmin } from "./assert-own-or-admin.ts";
import { permissionsOfUser } from "./permissions-schema.ts";
import { updateAsCaller } from "./update-as-caller.ts";

export const updateProviderUserOperation: Operation = {
  title: "User Update (provider account)",
  tag: "Provider",
  says: "Changes one of the provider's own users; a member changes himself alone. What is left out stays as it is. A new password ends the user's sessions.",
  method: "PUT",
  path: "/users/{id}",
  deed: "change-own",
  formats: xmlAndJson,
  body: Type.Object(
    {
      username: optionalText,
      email: optionalText,
      password: optionalText,
      password_confirmation: optionalText,
      ...permissionsOfUser,
      current_password: Type.Optional(
        Type.String({
          description:
            "Asked only of who is signed in to the Admin Portal and chooses a password for himself. His session there stays.",
        }),
      ),
    },
    { examples: [{ email: "grace.h@acme.example" }] },
  ),
  answers: providerUserAnswer,

  async answer(needs, call) {
    assertOwnOrAdmin(call);
    return answerProviderUser(call, doneOrRefuse(await updateAsCaller(needs, call)).user);
  },
};
