import { record } from "#platform/document/document.ts";
import { writeXmlDocument } from "#platform/document/write-xml.ts";
import type { Account } from "#portal/accounts/index.ts";
import type { DocumentSettings } from "#portal/fields/index.ts";
import { accountToJson, representAccount, type WholeAccount } from "#portal/whole-accounts/index.ts";
import type { Answer } from "../answers/send-answer.ts";
import { writeJson } from "../answers/write-json.ts";
import type { Standing } from "../requests/read-page.ts";

interface PageOfAccounts {
  readonly accounts: readonly Account[];
  /** The same with what XML says of them besides. */
  readonly complete: () => Promise<readonly WholeAccount[]>;
  readonly standing: Standing | undefined;
  readonly settings: DocumentSettings;
  readonly adminUrl: string;
}

/** Accounts in both formats. */
export const writeAccounts = ({ accounts, complete, standing, settings, adminUrl }: PageOfAccounts): Answer => ({
  xml: async () => {
    const nodes = (await complete()).map((whole) => representAccount(whole, settings));
    return writeXmlDocument(record("accounts", nodes, standing));
  },
  json: () =>
    writeJson({
      accounts: accounts.map((account) => accountToJson(account, settings, adminUrl)),
      ...(standing ? { metadata: standing } : {}),
    }),
});
