import { writeXmlDocument } from "#platform/document/write-xml.ts";
import type { DocumentSettings } from "#portal/fields/index.ts";
import { accountToJson, representAccount, type WholeAccount } from "#portal/whole-accounts/index.ts";
import type { Call } from "../operation.ts";
import type { Answer } from "./send-answer.ts";
import { writeJson } from "./write-json.ts";

interface Shown {
  readonly whole: WholeAccount;
  readonly settings: DocumentSettings;
}

/** An account in both formats: in XML with its plans and users. */
export const answerAccount = ({ adminUrl }: Pick<Call, "adminUrl">, { whole, settings }: Shown): Answer => ({
  xml: () => writeXmlDocument(representAccount(whole, settings)),
  json: () => writeJson(accountToJson(whole.account, settings, adminUrl)),
  lastModified: whole.account.updatedAt,
});
