import { Type } from "typebox";
import { addReferrerFilter } from "#portal/applications/index.ts";
import { answerApplication } from "../answers/answer-application.ts";
import { doneOrRefuse } from "../answers/done-or-refuse.ts";
import { applicationChangeOf } from "../applications/application-change-of.ts";
import { xmlAndJson, type Operation } from "../operation.ts";
import { textOf } from "../requests/read-parameters.ts";
import { applicationAnswer } from "../answers/application-answers.ts";

export const createReferrerFilterOperation: Operation = {
  title: "Application Referrer Filter Create",
  tag: "Application keys",
  says: "Lets calls of an application come from one more host, and returns the application.",
  method: "POST",
  path: "/accounts/{account_id}/applications/{application_id}/referrer_filters",
  deed: "change-portal",
  formats: xmlAndJson,
  body: Type.Object(
    { referrer_filter: Type.String({ description: "A host, with `*` for any part of it; or an address." }) },
    { examples: [{ referrer_filter: "*.harbour.example" }] },
  ),
  answers: applicationAnswer,

  async answer({ pool }, call) {
    const change = applicationChangeOf(call, "application_id");
    const value = textOf(call.values["referrer_filter"]) ?? "";
    const { application } = doneOrRefuse(await addReferrerFilter(pool, { ...change, value }));
    const self = `${call.adminUrl}/admin/api/accounts/${application.accountId}/applications/${application.id}`;
    return { ...(await answerApplication(pool, call, application)), status: 201, location: `${self}/referrer_filters` };
  },
};
