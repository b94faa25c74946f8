import { nameInLine, nameToStranger } from "#platform/visible-text.ts";
import type { NewMail } from "./outbox.ts";

/** The sender's name as the text shows it. */
interface Sender {
  readonly name: string;
}

interface UserMail {
  readonly provider: Sender;
  readonly recipient: string;
  readonly username: string;
}

/** Renders a mail to a user. */
const mailTo = ({ provider, recipient, username }: UserMail, subject: string, text: string): NewMail => ({
  recipient,
  subject: `${nameInLine(provider.name)}: ${subject}`,
  text: `Hello ${username},\n\n${text}\n`,
});

interface LinkMail extends UserMail {
  readonly url: string;
}

/** A mail about a decision of the provider. */
interface DecisionMail extends UserMail {
  /** The base URL of the Developer Portal. Undefined outside of the interfaces: the mail has no link then. */
  readonly portalUrl: string | undefined;
}

/** Returns the last paragraphs of a mail, which say what its link is for. */
const leadTo = (portalUrl: string | undefined, path: string, sentence: string): string =>
  portalUrl === undefined ? "" : `\n\n${sentence}\n\n${portalUrl}${path}`;

const leadToQuestion = (portalUrl: string | undefined, provider: Sender): string =>
  leadTo(portalUrl, "/messages/new", `You can ask ${nameInLine(provider.name)} about it here:`);

export const activationMail = ({ url, ...to }: LinkMail): NewMail => ({
  ...mailTo(
    to,
    "activate your account",
    `thank you for signing up at ${nameInLine(to.provider.name)}. Open this link within two weeks to activate your account:

${url}`,
  ),
  secretLink: url,
});

interface InvitationMail {
  readonly provider: Sender;
  readonly recipient: string;
  readonly orgName: string;
  /** The username of whoever invites. Undefined for the provider. */
  readonly inviter: string | undefined;
  readonly url: string;
}

export const invitationMail = ({ provider, recipient, orgName, inviter, url }: InvitationMail): NewMail => ({
  recipient,
  subject: `${nameInLine(provider.name)}: join ${nameToStranger(orgName)}`,
  text: `Hello,

${invitationFrom({ provider, orgName, inviter })}. Open this link within two weeks to choose a username and a password:

${url}

If you do not know "${nameToStranger(orgName)}", you need not do anything.
`,
  secretLink: url,
});

const invitationFrom = ({ provider, orgName, inviter }: Pick<InvitationMail, "provider" | "orgName" | "inviter">) =>
  inviter === undefined
    ? `${nameInLine(provider.name)} invites you to join "${nameToStranger(orgName)}"`
    : `${nameInLine(inviter)} invites you to join "${nameToStranger(orgName)}" at ${nameInLine(provider.name)}`;

export const lostPasswordMail = ({ url, ...to }: LinkMail): NewMail => ({
  ...mailTo(
    to,
    "choose a new password",
    `somebody asked for a new password for your account at ${nameInLine(to.provider.name)}. Open this link within an hour to choose one:

${url}

If that was not you, you need not do anything: your password stays as it is.`,
  ),
  secretLink: url,
});

/** A mail about a changed account, to its former address if that was changed. */
interface ChangedMail extends UserMail {
  readonly isOfTeam: boolean;
}

/**
 * Tells the former address of a user that mails go elsewhere: whoever changed it may have stolen a session. Omits the new address,
 * because a mistyped former address is a stranger's.
 */
export const emailChangedMail = (changed: ChangedMail): NewMail =>
  mailTo(
    changed,
    "your email address was changed",
    `the email address of your ${accountAt(changed)} was changed. Emails about it no longer come to this address.

${ifNotYou(changed)}`,
  );

/** Tells a user of a new password, or a first one: whoever set it may have stolen a session or a mailed link. */
export const passwordChangedMail = (changed: ChangedMail): NewMail =>
  mailTo(
    changed,
    "a new password was set",
    `a new password was set for your ${accountAt(changed)}.\n\n${ifNotYou(changed)}`,
  );

const accountAt = ({ provider, isOfTeam }: ChangedMail): string =>
  `account ${isOfTeam ? "in the Admin Portal of" : "at"} ${nameInLine(provider.name)}`;

const ifNotYou = ({ provider, isOfTeam }: ChangedMail): string =>
  `If neither you nor an admin of your organization did that, contact ${isOfTeam ? "an admin of " : ""}${nameInLine(provider.name)} immediately: somebody else may be using your account.`;

const accountStateTexts = {
  approved: {
    subject: "your account is approved",
    text: (_: string, logInUrl: string) => `is approved. You can log in now:\n\n${logInUrl}`,
  },
  pending: {
    subject: "your account is waiting for approval",
    text: () => "is waiting for approval. We will write to you once that is decided.",
  },
  rejected: {
    subject: "your account is not approved",
    text: (provider: string) => `was not approved. Please contact ${provider} if you think that this is a mistake.`,
  },
} as const;

interface AccountStateMail extends UserMail {
  readonly orgName: string;
  readonly state: keyof typeof accountStateTexts;
  readonly logInUrl: string;
}

export function accountStateMail({ orgName, state, logInUrl, ...to }: AccountStateMail): NewMail {
  const provider = nameInLine(to.provider.name);
  const { subject, text } = accountStateTexts[state];
  return mailTo(to, subject, `the account of ${nameInLine(orgName)} at ${provider} ${text(provider, logInUrl)}`);
}

interface ApplicationRejectedMail extends DecisionMail {
  /** The name of the application or product. */
  readonly name: string;
  /** The reason that the admin typed; may be empty. */
  readonly reason: string;
}

export const applicationRejectedMail = ({ portalUrl, name, reason, ...to }: ApplicationRejectedMail): NewMail =>
  mailTo(
    to,
    "your application is not approved",
    `the application ${nameInLine(name)} was not approved at ${nameInLine(to.provider.name)}.` +
      (reason === "" ? "" : `\n\n${reason}`) +
      leadToQuestion(portalUrl, to.provider),
  );

export const applicationAcceptedMail = ({
  portalUrl,
  name,
  applicationId,
  ...to
}: Omit<ApplicationRejectedMail, "reason"> & { readonly applicationId: number }): NewMail =>
  mailTo(
    to,
    "your application is approved",
    `the application ${nameInLine(name)} was approved at ${nameInLine(to.provider.name)}. Its credentials work now.` +
      leadTo(portalUrl, `/applications/${applicationId}`, "Open it here:"),
  );

const planDecisionTexts = {
  granted: { subject: "your plan is now", text: "That was approved: the plan is now" },
  declined: { subject: "your plan stays", text: "That was not approved: the plan stays" },
  /** The provider changed to a plan that nobody requested. */
  other: { subject: "your plan is now", text: "Another plan was chosen: the plan is now" },
} as const;

interface PlanDecisionMail extends DecisionMail {
  /** The name of the application with the plan. */
  readonly application?: string | undefined;
  /** The name of the product to which the subscription with the plan is. */
  readonly product?: string | undefined;
  /** The names of the requested plan, and of the plan after the decision. */
  readonly requested: string;
  readonly plan: string;
  readonly decision: keyof typeof planDecisionTexts;
  /** The page of the Developer Portal that shows the plan. */
  readonly path: string;
}

export function planDecisionMail({
  application,
  product,
  requested,
  plan,
  decision,
  portalUrl,
  path,
  ...to
}: PlanDecisionMail): NewMail {
  const { subject, text } = planDecisionTexts[decision];
  const owner = planOwnerInText(application, product);
  return mailTo(
    to,
    `${subject} ${nameInLine(plan)}`,
    `you asked ${nameInLine(to.provider.name)} to move ${owner} to the plan ${nameInLine(requested)}. ${text} ${nameInLine(plan)}.` +
      leadTo(portalUrl, path, "You find the plan here:"),
  );
}

function planOwnerInText(application: string | undefined, product: string | undefined): string {
  if (application !== undefined) return `the application ${nameInLine(application)}`;
  return product === undefined ? "your account" : `the subscription to ${nameInLine(product)}`;
}

/** Tells a developer that the account may create applications of a product. */
export const subscriptionApprovedMail = ({
  portalUrl,
  name,
  ...to
}: Omit<ApplicationRejectedMail, "reason">): NewMail =>
  mailTo(
    to,
    "your subscription is approved",
    `the subscription to ${nameInLine(name)} was approved at ${nameInLine(to.provider.name)}. You can create applications of it now.` +
      leadTo(portalUrl, "/applications", "Begin here:"),
  );

/** Tells a developer that the request for access to a product was deleted. */
export const subscriptionRejectedMail = ({
  portalUrl,
  name,
  ...to
}: Omit<ApplicationRejectedMail, "reason">): NewMail =>
  mailTo(
    to,
    "your subscription is not approved",
    `the subscription to ${nameInLine(name)} was not approved at ${nameInLine(to.provider.name)}. You cannot create applications of it.` +
      leadToQuestion(portalUrl, to.provider),
  );

interface MessageMail extends LinkMail {
  readonly subject: string;
  readonly body: string | null;
}

/** Passes on a message that the provider wrote, whose text may have paragraphs and links. */
export const messageMail = ({ subject, body, url, ...to }: MessageMail): NewMail =>
  mailTo(
    to,
    nameInLine(subject),
    `you have a message from ${nameInLine(to.provider.name)}:

${[subject, ...(body ? [body] : [])].join("\n\n")}

Read and answer it here:

${url}`,
  );
