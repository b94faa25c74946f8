import { suspendUser } from "#portal/users/index.ts";
import { UserSchema } from "../answers/answer-schemas.ts";
import { xmlAndJson, type Operation } from "../operation.ts";
import { answerUserStep } from "./answer-user-step.ts";
import { userChangeOf } from "./user-change-of.ts";

export const suspendUserOperation: Operation = {
  title: "User Suspend",
  tag: "Users",
  says: "Locks a user out, at once.",
  method: "PUT",
  path: "/accounts/{account_id}/users/{id}/suspend",
  deed: "change-portal",
  formats: xmlAndJson,
  answers: UserSchema,

  async answer({ pool }, call) {
    const outcome = await suspendUser(pool, userChangeOf(call));
    return answerUserStep(pool, call, { step: "suspend", outcome });
  },
};
