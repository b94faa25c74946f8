import { unsuspendUser } from "#portal/users/index.ts";
import { answerUser } from "../answers/answer-user.ts";
import { doneOrRefuse } from "../answers/done-or-refuse.ts";
import { xmlAndJson, type Operation } from "../operation.ts";
import { userChangeOf } from "./user-change-of.ts";
import { userAnswer } from "../answers/user-answers.ts";

export const unsuspendUserOperation: Operation = {
  title: "User Unsuspend",
  tag: "Users",
  says: "Lets a suspended user in again.",
  method: "PUT",
  path: "/accounts/{account_id}/users/{id}/unsuspend",
  deed: "change-portal",
  formats: xmlAndJson,
  also: [422],
  answers: userAnswer,

  async answer({ pool }, call) {
    const { user } = doneOrRefuse(await unsuspendUser(pool, userChangeOf(call)));
    return answerUser(pool, call, user);
  },
};
