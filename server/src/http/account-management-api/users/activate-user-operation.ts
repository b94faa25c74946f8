import { activateUser } from "#portal/whole-accounts/index.ts";
import { xmlAndJson, type Operation } from "../operation.ts";
import { answerUserStep } from "./answer-user-step.ts";
import { userChangeOf } from "./user-change-of.ts";
import { userAnswer } from "../answers/user-answers.ts";

export const activateUserOperation: Operation = {
  title: "User Activate",
  tag: "Users",
  says: "Activates a user who waits for it, and with the first user the account. Who is active already stays so.",
  method: "PUT",
  path: "/accounts/{account_id}/users/{id}/activate",
  deed: "change-portal",
  formats: xmlAndJson,
  also: [422],
  answers: userAnswer,

  async answer({ pool }, call) {
    const outcome = await activateUser(pool, userChangeOf(call));
    return answerUserStep(pool, call, { step: "activate", outcome });
  },
};
