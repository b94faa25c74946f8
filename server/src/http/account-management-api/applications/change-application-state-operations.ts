import { changeApplicationState, type ApplicationTransition } from "#portal/applications/index.ts";
import { answerApplication } from "../answers/answer-application.ts";
import { doneOrRefuse } from "../answers/done-or-refuse.ts";
import { xmlAndJson, type Operation } from "../operation.ts";
import { applicationChangeOf } from "./application-change-of.ts";
import { applicationAnswer } from "../answers/application-answers.ts";

const operationOf = (transition: ApplicationTransition, title: string, says: string): Operation => ({
  title,
  tag: "Applications",
  says,
  method: "PUT",
  path: `/accounts/{account_id}/applications/{id}/${transition}`,
  deed: "change-portal",
  formats: xmlAndJson,
  also: [422],
  answers: applicationAnswer,

  async answer({ pool }, call) {
    const outcome = await changeApplicationState(pool, { ...applicationChangeOf(call), transition });
    return answerApplication(pool, call, doneOrRefuse(outcome).application);
  },
});

export const acceptApplicationOperation = operationOf(
  "accept",
  "Application Accept",
  "Accepts an application that waits for it.",
);

export const suspendApplicationOperation = operationOf(
  "suspend",
  "Application Suspend",
  "Suspends a live application.",
);

export const resumeApplicationOperation = operationOf(
  "resume",
  "Application Resume",
  "Lets a suspended application go on.",
);
