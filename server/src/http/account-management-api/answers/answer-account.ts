import type { Database } from "#platform/database/database.ts";
import { writeXmlDocument } from "#platform/document/write-xml.ts";
import { readDocumentSettings, type DocumentSettings } from "#portal/fields/index.ts";
import { accountToJson, representAccount, type WholeAccount } from "#portal/whole-accounts/index.ts";
import type { Call } from "../operation.ts";
import type { Answer } from "./send-answer.ts";
import { writeJson } from "./write-json.ts";

/** An account in both formats: in XML with its plans and users. */
export async function answerAccount(
  db: Database,
  { provider, adminUrl }: Pick<Call, "provider" | "adminUrl">,
  whole: WholeAccount,
): Promise<Answer> {
  return writeAccount(whole, await readDocumentSettings(db, provider), adminUrl);
}

export const writeAccount = (whole: WholeAccount, settings: DocumentSettings, adminUrl: string): Answer => ({
  xml: () => writeXmlDocument(representAccount(whole, settings)),
  json: () => writeJson(accountToJson(whole.account, settings, adminUrl)),
  lastModified: whole.account.updatedAt,
});
