import { answerApplication } from "../answers/answer-application.ts";
import { readApplicationOrRefuse } from "../answers/read-application-or-refuse.ts";
import { xmlAndJson, type Operation } from "../operation.ts";
import { applicationAnswer } from "../answers/application-answers.ts";

export const readApplicationOperation: Operation = {
  title: "Application Read",
  tag: "Applications",
  says: "Returns an application of an account.",
  method: "GET",
  path: "/accounts/{account_id}/applications/{id}",
  deed: "read-portal",
  formats: xmlAndJson,
  answers: applicationAnswer,

  async answer({ pool }, call) {
    return answerApplication(pool, call, await readApplicationOrRefuse(pool, call, "id"));
  },
};
