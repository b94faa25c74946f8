import type { ProviderUser } from "#access/index.ts";
import { writeXmlDocument } from "#platform/document/write-xml.ts";
import { providerUserToJson, representProviderUser } from "#portal/provider-account/index.ts";
import type { Answer } from "../answers/send-answer.ts";
import { writeJson } from "../answers/write-json.ts";
import type { Call } from "../operation.ts";

/** One of the provider's own users in both formats. */
export const answerProviderUser = (
  { provider, adminUrl }: Pick<Call, "provider" | "adminUrl">,
  user: ProviderUser,
): Answer => ({
  xml: () => writeXmlDocument(representProviderUser(user, provider)),
  json: () => writeJson(providerUserToJson(user, provider, adminUrl)),
  lastModified: user.updatedAt,
});
