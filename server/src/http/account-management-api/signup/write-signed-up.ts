import { writeXmlDocument } from "#platform/document/write-xml.ts";
import type { Application } from "#portal/applications/index.ts";
import type { DocumentSettings } from "#portal/fields/index.ts";
import { accountToJson, representAccount, type WholeAccount } from "#portal/whole-accounts/index.ts";
import type { Answer } from "../answers/send-answer.ts";
import { writeJson } from "../answers/write-json.ts";

interface NewAccount {
  readonly whole: WholeAccount;
  readonly applications: readonly Application[];
}

/** A new account in both formats: this XML alone has applications, too. */
export const writeSignedUp = (
  { whole, applications }: NewAccount,
  settings: DocumentSettings,
  adminUrl: string,
): Answer => ({
  xml: () => writeXmlDocument(representAccount(whole, settings, applications)),
  json: () => writeJson(accountToJson(whole.account, settings, adminUrl)),
});
