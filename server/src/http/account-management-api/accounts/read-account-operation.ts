import { readAccountInFull } from "#portal/whole-accounts/index.ts";
import { answerAccount } from "../answers/answer-account.ts";
import { doneOrRefuse } from "../answers/done-or-refuse.ts";
import { xmlAndJson, type Operation } from "../operation.ts";
import { accountAnswer } from "../answers/account-answers.ts";

export const readAccountOperation: Operation = {
  title: "Account Read",
  tag: "Accounts",
  says: "Returns an account.",
  method: "GET",
  path: "/accounts/{id}",
  deed: "read-portal",
  formats: xmlAndJson,
  answers: accountAnswer,

  async answer({ pool }, call) {
    return answerAccount(call, doneOrRefuse(await readAccountInFull(pool, call.provider, call.id("id"))));
  },
};
