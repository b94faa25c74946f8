import { readUser } from "#portal/users/index.ts";
import { Problem } from "#http/shared/problem.ts";
import { answerUser } from "../answers/answer-user.ts";
import { xmlAndJson, type Operation } from "../operation.ts";
import { userAnswer } from "../answers/user-answers.ts";

export const readUserOperation: Operation = {
  title: "User Read",
  tag: "Users",
  says: "Returns a user of an account.",
  method: "GET",
  path: "/accounts/{account_id}/users/{id}",
  deed: "read-portal",
  formats: xmlAndJson,
  answers: userAnswer,

  async answer({ pool }, call) {
    const user = await readUser(pool, call.provider.id, call.id("id"));
    if (user?.accountId !== call.id("account_id")) throw new Problem("not-found");
    return answerUser(pool, call, user);
  },
};
