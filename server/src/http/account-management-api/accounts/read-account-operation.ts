import { readWholeAccount } from "#portal/whole-accounts/index.ts";
import { answerAccount } from "../answers/answer-account.ts";
import { AccountSchema } from "../answers/answer-schemas.ts";
import { doneOrRefuse } from "../answers/done-or-refuse.ts";
import { xmlAndJson, type Operation } from "../operation.ts";

export const readAccountOperation: Operation = {
  title: "Account Read",
  tag: "Accounts",
  says: "Returns an account.",
  method: "GET",
  path: "/accounts/{id}",
  deed: "read-portal",
  formats: xmlAndJson,
  answers: AccountSchema,

  async answer({ pool }, call) {
    const whole = doneOrRefuse(await readWholeAccount(pool, call.provider.id, call.id("id")));
    return answerAccount(pool, call, whole);
  },
};
