import { suspendUser } from "#portal/users/index.ts";
import { xmlAndJson, type Operation } from "../operation.ts";
import { answerUserStep } from "./answer-user-step.ts";
import { userChangeOf } from "./user-change-of.ts";
import { userAnswer } from "../answers/user-answers.ts";

export const suspendUserOperation: Operation = {
  title: "User Suspend",
  tag: "Users",
  says: "Locks a user out, at once.",
  method: "PUT",
  path: "/accounts/{account_id}/users/{id}/suspend",
  deed: "change-portal",
  formats: xmlAndJson,
  also: [422],
  answers: userAnswer,

  async answer({ pool }, call) {
    const outcome = await suspendUser(pool, userChangeOf(call));
    return answerUserStep(pool, call, { step: "suspend", outcome });
  },
};
