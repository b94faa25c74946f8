import { writeXmlDocument } from "#platform/document/write-xml.ts";
import { applicationToJson, readApplication, representApplication } from "#portal/applications/index.ts";
import { readDocumentSettings } from "#portal/fields/index.ts";
import { Problem } from "#http/shared/problem.ts";
import { ApplicationSchema } from "../answers/answer-schemas.ts";
import { readAccountOrRefuse } from "../answers/read-account-or-refuse.ts";
import { xmlAndJson, type Operation } from "../operation.ts";
import { writeJson } from "../answers/write-json.ts";

export const readApplicationOperation: Operation = {
  title: "Application Read",
  tag: "Applications",
  says: "Returns an application of an account.",
  method: "GET",
  path: "/accounts/{account_id}/applications/{id}",
  deed: "read-portal",
  formats: xmlAndJson,
  answers: ApplicationSchema,

  async answer({ pool }, { provider, adminUrl, id }) {
    const account = await readAccountOrRefuse(pool, provider.id, id("account_id"));
    const application = await readApplication(pool, provider.id, id("id"));
    if (application?.accountId !== account.id) throw new Problem("not-found");
    const settings = await readDocumentSettings(pool, provider);
    return {
      xml: () => writeXmlDocument(representApplication(application, settings)),
      json: () => writeJson(applicationToJson(application, { settings, adminUrl, account })),
      lastModified: application.updatedAt,
    };
  },
};
