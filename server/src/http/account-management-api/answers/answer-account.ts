import { writeXmlDocument } from "#platform/document/write-xml.ts";
import { accountToJson, narrowAccount, representAccount, type AccountInFull } from "#portal/whole-accounts/index.ts";
import type { Call } from "../operation.ts";
import type { Answer } from "./send-answer.ts";
import { writeJson } from "./write-json.ts";

interface Asking extends Pick<Call, "adminUrl"> {
  readonly caller: Pick<Call["caller"], "reach">;
}

/** An account in both formats: in XML with its users, and those of its plans that the caller may see. */
export const answerAccount = ({ adminUrl, caller }: Asking, { whole, settings }: AccountInFull): Answer => ({
  xml: () => writeXmlDocument(representAccount(narrowAccount(whole, caller.reach), settings)),
  json: () => writeJson(accountToJson(whole.account, settings, adminUrl)),
  lastModified: whole.account.updatedAt,
});
