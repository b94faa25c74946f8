import { record } from "#platform/document/document.ts";
import { writeXmlDocument } from "#platform/document/write-xml.ts";
import type { Account } from "#portal/accounts/index.ts";
import { applicationToJson, representApplication, type Application } from "#portal/applications/index.ts";
import type { DocumentSettings } from "#portal/fields/index.ts";
import type { Answer } from "../answers/send-answer.ts";
import { writeJson } from "../answers/write-json.ts";
import type { Standing } from "../requests/read-page.ts";

interface PageOfApplications {
  readonly applications: readonly Application[];
  /** Whose they are. */
  readonly accounts: readonly Account[];
  readonly standing?: Standing | undefined;
  readonly settings: DocumentSettings;
  readonly adminUrl: string;
}

/** Applications in both formats. */
export function writeApplications({
  applications,
  accounts,
  standing,
  settings,
  adminUrl,
}: PageOfApplications): Answer {
  const accountById = new Map(accounts.map((it) => [it.id, it]));
  const nodes = () => applications.map((it) => representApplication(it, settings));
  return {
    xml: () => writeXmlDocument(record("applications", nodes(), standing)),
    json: () =>
      writeJson({
        applications: applications.flatMap((it) => {
          const account = accountById.get(it.accountId);
          return account ? [applicationToJson(it, { settings, adminUrl, account })] : [];
        }),
        ...(standing ? { metadata: standing } : {}),
      }),
  };
}
