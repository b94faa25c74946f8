import type { NewMail } from "./mail.ts";

interface PlanRequest {
  readonly provider: { readonly name: string };
  readonly recipient: string;
  readonly orgName: string;
  /** None: it is the plan of the account itself. */
  readonly application?: string;
  /** The names of the plans. */
  readonly from: string;
  readonly to: string;
  readonly url: string;
}

export const planRequestMail = ({
  provider,
  recipient,
  orgName,
  application,
  from,
  to,
  url,
}: PlanRequest): NewMail => ({
  recipient,
  subject: `${provider.name}: ${orgName} asks for the plan ${to}`,
  text: `Hello,

${orgName} asks to move ${application === undefined ? "its account" : `the application ${application}`} from the plan ${from} to ${to}. Decide about it here:

${url}
`,
});
