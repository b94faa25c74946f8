import { readDocumentSettings } from "#portal/fields/index.ts";
import { readWholeAccount } from "#portal/whole-accounts/index.ts";
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
    const [whole, settings] = await Promise.all([
      readWholeAccount(pool, call.provider.id, call.id("id")),
      readDocumentSettings(pool, call.provider),
    ]);
    return answerAccount(call, { whole: doneOrRefuse(whole), settings });
  },
};
