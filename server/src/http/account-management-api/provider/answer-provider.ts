import { writeXmlDocument } from "#platform/document/write-xml.ts";
import {
  providerToJson,
  readContactAddresses,
  representProvider,
  type ProviderSettings,
  type ProviderDetails,
} from "#portal/provider-account/index.ts";
import type { Provider } from "#portal/providers/index.ts";
import type { Answer } from "../answers/send-answer.ts";
import { writeJson } from "../answers/write-json.ts";
import type { AccountManagementApiNeeds, Call } from "../operation.ts";
import { listUsersToShow } from "./list-users-to-show.ts";

/** Renders the provider, which is an account of its own, with what is stored besides its settings. */
export async function answerProviderAs(
  needs: Pick<AccountManagementApiNeeds, "pool" | "developerPortalUrl" | "noReplyAddress">,
  call: Call,
  { provider, settings }: { readonly provider: Provider; readonly settings: ProviderSettings },
): Promise<Answer> {
  const contacts = await readContactAddresses(needs.pool, provider.id);
  const users = await listUsersToShow(needs.pool, call);
  const { noReplyAddress } = needs;
  return answerProvider(needs, call, { provider, settings, contacts, users, noReplyAddress });
}

/** The same in both formats, once everything is read. */
export function answerProvider(
  { developerPortalUrl }: Pick<AccountManagementApiNeeds, "developerPortalUrl">,
  { adminUrl }: Pick<Call, "adminUrl">,
  whole: ProviderDetails,
): Answer {
  const origins = { admin: adminUrl, developer: developerPortalUrl(whole.provider) };
  return {
    xml: () => writeXmlDocument(representProvider(whole, origins)),
    json: () => writeJson(providerToJson(whole, origins)),
  };
}
