import type { Database } from "#platform/database/database.ts";
import { writeXmlDocument } from "#platform/document/write-xml.ts";
import { applicationToJson, representApplication, type Application } from "#portal/applications/index.ts";
import { readDocumentSettings, type DocumentSettings } from "#portal/fields/index.ts";
import type { Call } from "../operation.ts";
import { readAccountOrRefuse } from "./read-account-or-refuse.ts";
import type { Answer } from "./send-answer.ts";
import { writeJson } from "./write-json.ts";

/** An application in both formats. JSON also names its account. */
export async function answerApplication(
  db: Database,
  { provider, adminUrl }: Pick<Call, "provider" | "adminUrl">,
  application: Application,
): Promise<Answer> {
  const settings = await readDocumentSettings(db, provider);
  const account = await readAccountOrRefuse(db, provider.id, application.accountId);
  return writeApplication(application, { settings, adminUrl, account });
}

interface Written {
  readonly settings: DocumentSettings;
  readonly adminUrl: string;
  readonly account: { readonly orgName: string; readonly state: string };
}

export const writeApplication = (application: Application, { settings, adminUrl, account }: Written): Answer => ({
  xml: () => writeXmlDocument(representApplication(application, settings)),
  json: () => writeJson(applicationToJson(application, { settings, adminUrl, account })),
  lastModified: application.updatedAt,
});
