import { Type } from "typebox";
import { addApplicationKey } from "#portal/applications/index.ts";
import { answerApplication } from "../answers/answer-application.ts";
import { doneOrRefuse } from "../answers/done-or-refuse.ts";
import { applicationChangeOf } from "../applications/application-change-of.ts";
import { xmlAndJson, type Operation } from "../operation.ts";
import { textOf } from "../requests/read-parameters.ts";
import { applicationAnswer } from "../answers/application-answers.ts";

export const createApplicationKeyOperation: Operation = {
  title: "Application Key Create",
  tag: "Application keys",
  says: "Adds a key to an application, a random one if none is given, and returns the application.",
  method: "POST",
  path: "/accounts/{account_id}/applications/{application_id}/keys",
  deed: "change-portal",
  formats: xmlAndJson,
  body: Type.Object(
    {
      key: Type.Optional(
        Type.String({ description: "5 to 255 printable ASCII characters without spaces. Left out: a random one." }),
      ),
    },
    { examples: [{ key: "3b1f7c52a9e04d1f8c6b2a7d5e9f0a13" }] },
  ),
  answers: applicationAnswer,

  async answer({ pool }, call) {
    const change = applicationChangeOf(call, "application_id");
    const value = textOf(call.values["key"]);
    const { application } = doneOrRefuse(await addApplicationKey(pool, { ...change, value, writer: "program" }));
    const location = `${call.adminUrl}/admin/api/accounts/${application.accountId}/applications/${application.id}/keys`;
    return { ...(await answerApplication(pool, call, application)), status: 201, location };
  },
};
