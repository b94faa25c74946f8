import { writeXmlDocument } from "#platform/document/write-xml.ts";
import { providerToJson, representProvider, type WholeProvider } from "#portal/provider-account/index.ts";
import type { Answer } from "../answers/send-answer.ts";
import { writeJson } from "../answers/write-json.ts";
import type { AccountManagementApiNeeds, Call } from "../operation.ts";

/** The provider as an account of its own, in both formats. */
export function answerProvider(
  { developerPortalUrl }: Pick<AccountManagementApiNeeds, "developerPortalUrl">,
  { adminUrl }: Pick<Call, "adminUrl">,
  whole: WholeProvider,
): Answer {
  const origins = { admin: adminUrl, developer: developerPortalUrl(whole.provider) };
  return {
    xml: () => writeXmlDocument(representProvider(whole, origins)),
    json: () => writeJson(providerToJson(whole, origins)),
  };
}
