import { listAdminAddresses } from "#access/index.ts";
import type { Transaction } from "#platform/database/database.ts";

import { nameInLine } from "#platform/document/plain-text.ts";
import { insertMail } from "./mails-table.ts";

interface PlanRequest {
  readonly provider: { readonly id: number; readonly name: string };
  readonly orgName: string;
  /** None: it is the plan of the account itself. */
  readonly application?: string;
  /** The names of the plans. */
  readonly from: string;
  readonly to: string;
  /** Where an admin of the provider decides. */
  readonly decideAt: string;
  readonly now: Date;
}

/** Writes to the provider's admins that a developer asks for another plan. */
export async function mailPlanRequest(tx: Transaction, request: PlanRequest): Promise<void> {
  const { provider, now } = request;
  for (const recipient of await listAdminAddresses(tx, provider.id))
    await insertMail(tx, provider.id, { recipient, ...write(request) }, now);
}

const write = ({ provider, orgName, application, from, to, decideAt }: PlanRequest) => ({
  subject: `${nameInLine(provider.name)}: ${nameInLine(orgName)} asks for the plan ${nameInLine(to)}`,
  text: `Hello,

${nameInLine(orgName)} asks to move ${application === undefined ? "its account" : `the application ${nameInLine(application)}`} from the plan ${nameInLine(from)} to ${nameInLine(to)}. Decide about it here:

${decideAt}
`,
});
