import { Type } from "typebox";
import { reaches } from "#access/index.ts";
import { listApplications } from "#portal/applications/index.ts";
import { readDocumentSettings } from "#portal/fields/index.ts";
import { readAccountOrRefuse } from "../answers/read-account-or-refuse.ts";
import { xmlAndJson, type Operation } from "../operation.ts";
import { textOf } from "../requests/read-parameters.ts";
import { writeApplications } from "./write-applications.ts";
import { applicationsAnswer } from "../answers/application-answers.ts";

export const listApplicationsOperation: Operation = {
  title: "Application List",
  tag: "Applications",
  says: "Returns the applications of an account.",
  method: "GET",
  path: "/accounts/{account_id}/applications",
  deed: "read-portal",
  formats: xmlAndJson,
  query: Type.Object({
    state: Type.Optional(
      Type.String({ enum: ["pending", "live", "suspended"], description: "Those that are in this state." }),
    ),
  }),
  answers: applicationsAnswer,

  async answer({ pool }, { provider, caller, adminUrl, query, id }) {
    const account = await readAccountOrRefuse(pool, provider.id, id("account_id"));
    const settings = await readDocumentSettings(pool, provider);
    const state = textOf(query["state"]) || undefined;
    const applications = (await listApplications(pool, provider.id, account.id)).filter(
      (application) =>
        (state ?? application.state) === application.state && reaches(caller.reach, application.product.id),
    );
    return writeApplications({ applications, accounts: [account], settings, adminUrl });
  },
};
