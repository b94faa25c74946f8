import {
  type ChangeContext,
  countForDevelopers,
  isNotifiedOf,
  listNotifiableUsers,
  type MailedNotification,
  type NotifiableUser,
  requireAttemptLeft,
} from "#access/index.ts";
import type { Transaction } from "#platform/database/database.ts";
import { attemptLimits } from "#platform/limits.ts";
import { nameInLine } from "#platform/visible-text.ts";
import { insertMail, storedMailBytes } from "./outbox.ts";

/** A mail to the users of the provider who want the notification and may see its content. */
export interface NotificationMail<Name extends MailedNotification = MailedNotification> {
  readonly notification: Name;
  /** Without the name of the provider. */
  readonly subject: string;
  readonly sentence: string;
  /** What a developer wrote. Each of its lines is marked as a quotation, so that none passes for a sentence of Bellwire. */
  readonly quoted?: string;
  /** The page of the Admin Portal on which to continue. */
  readonly page: string;
  /** The products that it is about: members who may see only others do not get it. Empty: only users who may see all products do. */
  readonly productIds: readonly number[];
  /** Also goes to the admins who do not want the notification, because somebody waits for one of them. */
  readonly isForAllAdmins?: boolean;
}

interface Named {
  readonly id: number;
  readonly name: string;
}

interface OfAccount {
  readonly account: { readonly id: number; readonly orgName: string };
}

interface OfProduct extends OfAccount {
  readonly product: Named;
}

interface OfApplication extends OfProduct {
  readonly application: Named;
}

interface PlanMove {
  /** The names of the plans. */
  readonly from: string;
  readonly to: string;
}

/** Whether a new subscription lets the account use the product, waits for approval, or is a developer's request for it. */
type Access = "live" | "pending" | "requested";

const waits = " It waits for approval.";

const accountPage = ({ account }: OfAccount): string => `/accounts/${account.id}`;

const applicationPage = (of: OfApplication): string => `${accountPage(of)}/applications/${of.application.id}`;

/** The page says when the request that a mail asks to decide about is not open any more. `readRequestSearch` in `web` parses it. */
const planRequest = "?request=plan";
const subscriptionRequest = ({ product }: OfProduct): string => `?request=subscription-${product.id}`;

const orgOf = ({ account }: OfAccount): string => nameInLine(account.orgName);

const titleOf = ({ application }: OfApplication): string => nameInLine(application.name);

/** The mail of each notification, with the names that it shows. */
export const notificationMails = {
  account_created: (of: OfAccount & { readonly productIds: readonly number[] }) => ({
    notification: "account_created",
    subject: `new account ${orgOf(of)}`,
    sentence: `The developer account ${orgOf(of)} was created.`,
    page: accountPage(of),
    productIds: of.productIds,
  }),
  account_deleted: (of: OfAccount) => ({
    notification: "account_deleted",
    subject: `the account ${orgOf(of)} was deleted`,
    sentence: `The developer account ${orgOf(of)} was deleted, with its users and applications.`,
    page: "/accounts",
    productIds: [],
  }),
  account_plan_change_requested: (of: OfAccount & PlanMove) => ({
    notification: "account_plan_change_requested",
    subject: `${orgOf(of)} asks for the plan ${nameInLine(of.to)}`,
    sentence: `${orgOf(of)} asks to move its account ${moveOf(of)}. Decide about it here:`,
    page: accountPage(of) + planRequest,
    productIds: [],
  }),
  application_created: (of: OfApplication & { readonly plan: string; readonly isPending: boolean }) => ({
    notification: "application_created",
    subject: `new application ${titleOf(of)}`,
    sentence: `${orgOf(of)} has the new application ${titleOf(of)} of ${nameInLine(of.product.name)}, on the plan ${nameInLine(of.plan)}.${of.isPending ? waits : ""}`,
    page: applicationPage(of),
    productIds: [of.product.id],
  }),
  application_plan_change_requested: (of: OfApplication & PlanMove) => ({
    notification: "application_plan_change_requested",
    subject: `${orgOf(of)} asks for the plan ${nameInLine(of.to)}`,
    sentence: `${orgOf(of)} asks to move the application ${titleOf(of)} ${moveOf(of)}. Decide about it here:`,
    page: applicationPage(of) + planRequest,
    productIds: [of.product.id],
  }),
  cinstance_cancellation: (of: OfApplication & { readonly plan: string }) => ({
    notification: "cinstance_cancellation",
    subject: `the application ${titleOf(of)} was deleted`,
    sentence: `The application ${titleOf(of)} of ${orgOf(of)} was deleted. It was on the plan ${nameInLine(of.plan)} of ${nameInLine(of.product.name)}.`,
    page: accountPage(of),
    productIds: [of.product.id],
  }),
  cinstance_plan_changed: (of: OfApplication & PlanMove) => ({
    notification: "cinstance_plan_changed",
    subject: `${titleOf(of)} is on the plan ${nameInLine(of.to)}`,
    sentence: `The application ${titleOf(of)} of ${orgOf(of)} was moved ${moveOf(of)}.`,
    page: applicationPage(of),
    productIds: [of.product.id],
  }),
  message_received: (
    of: OfAccount & {
      readonly message: { readonly id: number; readonly subject: string; readonly body: string | null };
      readonly productIds: readonly number[];
    },
  ) => ({
    notification: "message_received",
    subject: `message from ${orgOf(of)}: ${nameInLine(of.message.subject)}`,
    sentence: `${orgOf(of)} has sent you a message:`,
    quoted: [of.message.subject, of.message.body ?? ""].join("\n\n").trim(),
    page: `/messages/${of.message.id}`,
    productIds: of.productIds,
  }),
  /** Without an application, it is about the account or its subscription to the product. */
  plan_downgraded: (of: OfAccount & PlanMove & { readonly product?: Named; readonly application?: Named }) => ({
    notification: "plan_downgraded",
    subject: `${orgOf(of)} moved to the cheaper plan ${nameInLine(of.to)}`,
    sentence: `${downgraded(of)} of ${orgOf(of)} was moved ${moveOf(of)}, which has a lower monthly cost.`,
    page: accountPage(of),
    productIds: of.product ? [of.product.id] : [],
  }),
  /** Withdrawn: a developer's request for access that was not decided yet. */
  service_contract_cancellation: (of: OfProduct & { readonly plan: string; readonly isWithdrawn?: boolean }) => ({
    notification: "service_contract_cancellation",
    ...(of.isWithdrawn
      ? {
          subject: `${orgOf(of)} withdrew its request for access to ${nameInLine(of.product.name)}`,
          sentence: `${orgOf(of)} withdrew its request for a subscription to the product ${nameInLine(of.product.name)}. There is nothing left to decide.`,
        }
      : {
          subject: `${orgOf(of)} left ${nameInLine(of.product.name)}`,
          sentence: `The subscription of ${orgOf(of)} to ${nameInLine(of.product.name)} ended. It was on the plan ${nameInLine(of.plan)}.`,
        }),
    page: accountPage(of),
    productIds: [of.product.id],
  }),
  service_contract_created: (of: OfProduct & { readonly plan: string; readonly access: Access }) => ({
    notification: "service_contract_created",
    ...(of.access === "requested"
      ? {
          subject: `${orgOf(of)} asks for access to ${nameInLine(of.product.name)}`,
          sentence: `${orgOf(of)} asks for a subscription to the product ${nameInLine(of.product.name)}. Decide about it here:`,
          page: accountPage(of) + subscriptionRequest(of),
        }
      : {
          subject: `${orgOf(of)} subscribed to ${nameInLine(of.product.name)}`,
          sentence: `${orgOf(of)} is subscribed to ${nameInLine(of.product.name)} on the plan ${nameInLine(of.plan)}.${of.access === "pending" ? waits : ""}`,
          page: accountPage(of),
        }),
    productIds: [of.product.id],
    isForAllAdmins: of.access === "requested",
  }),
  service_contract_plan_changed: (of: OfProduct & PlanMove) => ({
    notification: "service_contract_plan_changed",
    subject: `${orgOf(of)} is on the plan ${nameInLine(of.to)}`,
    sentence: `The subscription of ${orgOf(of)} to ${nameInLine(of.product.name)} was moved ${moveOf(of)}.`,
    page: accountPage(of),
    productIds: [of.product.id],
  }),
  service_deleted: ({ product }: Pick<OfProduct, "product">) => ({
    notification: "service_deleted",
    subject: `the product ${nameInLine(product.name)} was deleted`,
    sentence: `The product ${nameInLine(product.name)} was deleted, with its plans, subscriptions and applications.`,
    page: "/products",
    productIds: [product.id],
  }),
  service_plan_change_requested: (of: OfProduct & PlanMove) => ({
    notification: "service_plan_change_requested",
    subject: `${orgOf(of)} asks for the plan ${nameInLine(of.to)}`,
    sentence: `${orgOf(of)} asks to move its subscription to ${nameInLine(of.product.name)} ${moveOf(of)}. Decide about it here:`,
    page: accountPage(of) + subscriptionRequest(of),
    productIds: [of.product.id],
  }),
} as const satisfies { readonly [Name in MailedNotification]: (of: never) => NotificationMail<Name> };

const moveOf = ({ from, to }: PlanMove): string => `from the plan ${nameInLine(from)} to ${nameInLine(to)}`;

function downgraded({ product, application }: { readonly product?: Named; readonly application?: Named }): string {
  if (application) return `The application ${nameInLine(application.name)}`;
  return product ? `The subscription to ${nameInLine(product.name)}` : "The account";
}

interface PlanCost {
  readonly name: string;
  /** A decimal. */
  readonly costPerMonth: string;
}

/** Returns the mail about a lower monthly cost, if the move causes one. */
export const downgradeMails = ({
  from,
  to,
  ...of
}: OfAccount & { readonly product?: Named; readonly application?: Named } & Record<
    "from" | "to",
    PlanCost
  >): readonly NotificationMail[] =>
  Number(to.costPerMonth) < Number(from.costPerMonth)
    ? [notificationMails.plan_downgraded({ ...of, from: from.name, to: to.name })]
    : [];

interface NotifiedChange {
  readonly provider: { readonly id: number; readonly name: string };
  /** The account that the mails are about. */
  readonly account?: { readonly id: number; readonly createdAt: Date };
  readonly by: Pick<ChangeContext, "actor" | "adminPortalUrl" | "now">;
}

/**
 * Mails a change to the provider's users who want to know about it, also to the one who made it, as in 3scale. Call it together with the
 * statements of the change, and wait for both: then its one statement travels with them, unless somebody gets a mail.
 */
export async function insertNotificationMails(
  tx: Transaction,
  { provider, account, by }: NotifiedChange,
  notifications: readonly NotificationMail[],
): Promise<void> {
  if (notifications.length === 0) return;
  const names = notifications.map(({ notification }) => notification);
  const isForAll = notifications.some(({ isForAllAdmins }) => isForAllAdmins);
  const users = await listNotifiableUsers(tx, provider.id, isForAll ? "all" : names);
  const mails = notifications.flatMap((notification) =>
    users
      .filter((user) => isReceiver(user, notification))
      .map((user) => ({
        recipient: user.email,
        subject: `${nameInLine(provider.name)}: ${notification.subject}`,
        text: renderText(user, notification, by.adminPortalUrl),
        ...(account && { accountId: account.id }),
      })),
  );
  // A developer who creates and deletes an application again and again must not fill the mailboxes of the team.
  const isLimited = account && by.actor.kind === "developer" && mails.length > 0;
  const key = `notifications ${provider.id} ${account?.id}`;
  await Promise.all([
    ...mails.map((mail) => insertMail(tx, provider.id, mail, by.now)),
    ...(isLimited ? [requireAttemptLeft(tx, attemptLimits.mailsOfUsers, { key, now: by.now })] : []),
  ]);
  if (!account) return;
  const quotedBytes = notifications.reduce(
    (sum, { quoted }) => sum + (quoted === undefined ? 0 : Buffer.byteLength(quoteLines(quoted))),
    0,
  );
  const bytes = mails.length * (storedMailBytes + quotedBytes);
  countForDevelopers(tx, { providerId: provider.id, ...by }, { account, bytes });
}

const isReceiver = (user: NotifiableUser, { notification, productIds, isForAllAdmins }: NotificationMail): boolean =>
  (isForAllAdmins && user.role === "admin") || isNotifiedOf(user, notification, productIds);

/** All pages are in the section for developers. Members with another one may be notified, too: of a lower cost, that for billing. */
const mayOpenPage = ({ role, sections }: NotifiableUser): boolean => role === "admin" || sections.includes("partners");

function renderText(
  user: NotifiableUser,
  { sentence, quoted, page, isForAllAdmins }: NotificationMail,
  adminPortalUrl: string | undefined,
): string {
  const paragraphs = ["Hello,", sentence, ...(quoted === undefined ? [] : [quoteLines(quoted)])];
  if (adminPortalUrl !== undefined) {
    if (mayOpenPage(user)) paragraphs.push(`${adminPortalUrl}/p/admin${page}`);
    if (!isForAllAdmins)
      paragraphs.push(`Choose which notifications you get:\n\n${adminPortalUrl}/p/admin/personal/notifications`);
  }
  return `${paragraphs.join("\n\n")}\n`;
}

/** Characters of a quotation, which a thousand users may get. The page has the rest. */
const quotedMax = 1000;

/** Marks the lines of what somebody else wrote, and cuts a long text. */
function quoteLines(text: string): string {
  const characters = Array.from(text.replaceAll(/\p{Bidi_Control}/gu, ""));
  const shown = characters.length > quotedMax ? `${characters.slice(0, quotedMax - 1).join("")}…` : characters.join("");
  return shown
    .split(/\r\n|[\n\v\f\r\u0085\u2028\u2029]/)
    .map((line) => `> ${line}`)
    .join("\n");
}
