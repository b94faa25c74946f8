import { Type } from "typebox";
import { Problem } from "#http/shared/problem.ts";
import { createApplication } from "#portal/applications/index.ts";
import { answerApplication } from "../answers/answer-application.ts";
import { doneOrRefuse } from "../answers/done-or-refuse.ts";
import { xmlAndJson, type Operation } from "../operation.ts";
import { idOf } from "../requests/read-parameters.ts";
import { applicationAnswer } from "../answers/application-answers.ts";
import { optionalText } from "../answers/schema-parts.ts";

export const createApplicationOperation: Operation = {
  title: "Application Create",
  tag: "Applications",
  says: "Makes an application of an account, on a plan of any service, which the account is subscribed to if it is not.",
  method: "POST",
  path: "/accounts/{account_id}/applications",
  deed: "change-portal",
  formats: xmlAndJson,
  body: Type.Object(
    {
      plan_id: Type.Integer(),
      name: optionalText,
      description: optionalText,
      user_key: optionalText,
      application_id: optionalText,
      application_key: Type.Optional(Type.Array(Type.String(), { description: "One, or several." })),
      redirect_url: optionalText,
      first_traffic_at: optionalText,
      first_daily_traffic_at: optionalText,
      accepted_at: optionalText,
      create_origin: optionalText,
    },
    {
      additionalProperties: true,
      description: "And the fields that you have defined for applications.",
      examples: [{ plan_id: 11, name: "Ferry times", description: "On the quay's screens" }],
    },
  ),
  answers: applicationAnswer,

  async answer({ pool }, call) {
    const { provider, values, by, adminUrl } = call;
    const accountId = call.id("account_id");
    const planId = idOf(values["plan_id"]) ?? 0;
    const outcome = await createApplication(pool, { provider, accountId, planId, values, writer: "program", by });
    if (outcome && "notFound" in outcome && outcome.notFound === "service plan") throw new Problem("not-subscribable");
    const { application } = doneOrRefuse(outcome);
    const location = `${adminUrl}/admin/api/accounts/${accountId}/applications/${application.id}`;
    return { ...(await answerApplication(pool, call, application)), status: 201, location };
  },
};
