import { writeXmlDocument } from "#platform/document/write-xml.ts";
import { providerToJson, representProvider, type ProviderSettings } from "#portal/provider-account/index.ts";
import type { Provider } from "#portal/providers/index.ts";
import type { Answer } from "../answers/send-answer.ts";
import { writeJson } from "../answers/write-json.ts";
import type { AccountManagementApiNeeds } from "../operation.ts";

/** The provider as an account of its own, in both formats. */
export function answerProvider(
  { adminPortalUrl, developerPortalUrl }: Pick<AccountManagementApiNeeds, "adminPortalUrl" | "developerPortalUrl">,
  provider: Provider,
  settings: ProviderSettings,
): Answer {
  const origins = { admin: adminPortalUrl(provider), developer: developerPortalUrl(provider) };
  return {
    xml: () => writeXmlDocument(representProvider(provider, settings, origins)),
    json: () => writeJson(providerToJson(provider, settings, origins)),
  };
}
