import { writeXmlDocument } from "#platform/document/write-xml.ts";
import { accountToJson, representAccount, type AccountInFull } from "#portal/whole-accounts/index.ts";
import type { Call } from "../operation.ts";
import type { Answer } from "./send-answer.ts";
import { writeJson } from "./write-json.ts";

/** An account in both formats: in XML with its plans and users. */
export const answerAccount = ({ adminUrl }: Pick<Call, "adminUrl">, { whole, settings }: AccountInFull): Answer => ({
  xml: () => writeXmlDocument(representAccount(whole, settings)),
  json: () => writeJson(accountToJson(whole.account, settings, adminUrl)),
  lastModified: whole.account.updatedAt,
});
