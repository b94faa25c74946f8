import type { ProviderUser } from "#access/index.ts";
import { list } from "#platform/document/document.ts";
import { writeXmlDocument } from "#platform/document/write-xml.ts";
import { providerUserToJson, representProviderUser } from "#portal/provider-account/index.ts";
import type { Answer } from "../answers/send-answer.ts";
import { writeJson } from "../answers/write-json.ts";
import type { Call } from "../operation.ts";

/** The provider's own users in both formats. */
export function writeProviderUsers(
  { provider, adminUrl }: Pick<Call, "provider" | "adminUrl">,
  users: readonly ProviderUser[],
): Answer {
  const nodes = () => users.map((user) => representProviderUser(user, provider));
  return {
    xml: () => writeXmlDocument(list("users", nodes(), "open")),
    json: () => writeJson({ users: users.map((user) => providerUserToJson(user, provider, adminUrl)) }),
  };
}
