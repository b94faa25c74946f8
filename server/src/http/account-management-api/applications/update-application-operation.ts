import { Type } from "typebox";
import { updateApplication } from "#portal/applications/index.ts";
import { answerApplication } from "../answers/answer-application.ts";
import { doneOrRefuse } from "../answers/done-or-refuse.ts";
import { xmlAndJson, type Operation } from "../operation.ts";
import { applicationChangeOf } from "./application-change-of.ts";
import { applicationAnswer } from "../answers/application-answers.ts";
import { optionalText } from "../answers/schema-parts.ts";

export const updateApplicationOperation: Operation = {
  title: "Application Update",
  tag: "Applications",
  says: "Changes an application. What is left out stays as it is.",
  method: "PUT",
  path: "/accounts/{account_id}/applications/{id}",
  deed: "change-portal",
  formats: xmlAndJson,
  body: Type.Object(
    {
      name: optionalText,
      description: optionalText,
      redirect_url: optionalText,
      first_traffic_at: optionalText,
      first_daily_traffic_at: optionalText,
      user_key: optionalText,
      accepted_at: optionalText,
      create_origin: optionalText,
    },
    {
      additionalProperties: true,
      description: "And the fields that you have defined for applications.",
      examples: [{ description: "On the screens of the quay" }],
    },
  ),
  answers: applicationAnswer,

  async answer({ pool }, call) {
    const change = { ...applicationChangeOf(call), values: call.values, writer: "program" } as const;
    const { application } = doneOrRefuse(await updateApplication(pool, change));
    return answerApplication(pool, call, application);
  },
};
