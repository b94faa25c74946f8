import {
  type ChangeContext,
  type HashingFor,
  type PasswordHasher,
  developerUsageOf,
  isInProductScope,
} from "#access/index.ts";
import { type Database, type Pool, type Transaction, requireDiskSpace } from "#platform/database/database.ts";
import { secretDigest } from "#platform/ids.ts";
import { developerLimits } from "#platform/limits.ts";
import { insertApplication } from "#portal/applications/application-table.ts";
import { type Application, applicationEvent, newApplication, titleOf } from "#portal/applications/application.ts";
import {
  type DocumentSettings,
  type FieldErrors,
  type FieldInput,
  type FieldValues,
  type FieldWriter,
  applyFieldInput,
  hasNoErrors,
  mergeErrors,
  missingFields,
  parseAnnotations,
  parseFieldInput,
  readDocumentSettings,
} from "#portal/fields/index.ts";
import {
  activationMail,
  insertMail,
  insertNotificationMails,
  type NotificationMail,
  notificationMails,
} from "#portal/mails/index.ts";
import {
  type Plan,
  type PlanKind,
  type Product,
  lockPlansForShare,
  readDefaultPlans,
  readPlans,
  readProducts,
} from "#portal/products/index.ts";
import type { Provider } from "#portal/providers/index.ts";
import { type UserFields, parseNewUser } from "#portal/users/change-user.ts";
import {
  findTakenUserNames,
  insertUser,
  linkPerson,
  newLinkCode,
  type Person,
  PersonTaken,
  personTakenErrors,
  type User,
  userEvent,
} from "#portal/users/user.ts";
import type { RecordedEvent } from "#webhooks/events/index.ts";
import { type AccountDetails, inDocumentOrder, representAccount } from "./account-details.ts";
import { type AccountEvent, recordAccountEvents } from "./account-events.ts";
import { type InitialStates, initialStates } from "./account-states.ts";
import { type Account, insertAccount, insertServiceSubscriptions } from "./account.ts";
import { renameOrgName } from "./change-account.ts";

export interface SignUp {
  readonly provider: Provider;
  /**
   * Unparsed values by field name: the account's fields, the first user's fields, `password`, `password_confirmation`,
   * `annotations`.
   */
  readonly values: FieldInput;
  /** Ids of plans of any kind. */
  readonly requestedPlans?: readonly number[];
  readonly by: SignUpSource;
  readonly now: Date;
}

export type SignUpOutcome =
  | SignedUp
  | { readonly refused: FieldErrors }
  | { readonly notFound: "plan" }
  /** Only the form can be closed: the provider accepts no sign-ups, or has no account plan. */
  | { readonly closed: true };

/** Creates an account with its first user, subscriptions and first applications, and records their events. */
export async function signUpAccount(pool: Pool, passwords: PasswordHasher, signUp: SignUp): Promise<SignUpOutcome> {
  const { provider, by, values, now } = signUp;
  const isForm = by.via === "form";
  const plans = await findPlansForSignUp(pool, signUp);
  if (isForm && (!provider.signupsEnabled || plans === "no account plan")) return { closed: true };
  if (typeof plans === "string") return { notFound: "plan" };
  requireDiskSpace(pool);
  if (isForm) developerUsageOf(pool, provider.id).requireLeft(now, Object.values(developerLimits));

  const settings = await readDocumentSettings(pool, provider);
  const person = by.via === "form" ? by.person : undefined;
  const parsing = { writer: isForm ? "developer" : "program", hasPassword: person === undefined } as const;
  const { fields, errors } = parseSignUp(settings, values, parsing);
  const refused = mergeErrors(errors, await findTakenUserNames(pool, provider.id, fields));
  if (!hasNoErrors(refused)) return { refused };

  const judged = {
    settings,
    by,
    now,
    fields,
    plans,
    products: await readProducts(pool, provider.id, productsOf([...plans.servicePlans, ...plans.applicationPlans])),
    states: initialStates(
      by.via === "form"
        ? {
            via: "form",
            activatesByMail: !hasVerifiedEmail(person, fields) && (provider.emailActivation ?? by.mailIsSent),
            isApproved: by.approvesAccount ?? false,
          }
        : { via: "program", hasPassword: fields.password !== undefined },
      plans.accountPlan,
    ),
    passwordHash: fields.password === undefined ? null : await passwords.hash(fields.password, hashingOf(signUp)),
  };
  try {
    const signedUp = await pool.inTransaction((tx) => insertSignUp(tx, judged));
    return signedUp ?? (await signUpAccount(pool, passwords, signUp)); // a plan was deleted in the meantime, so choose again from the remaining ones
  } catch (error) {
    if (error instanceof NameTaken) return { refused: error.errors };
    if (error instanceof PersonTaken) return { refused: personTakenErrors };
    throw error;
  }
}

/** Returns true if the identity provider has verified the submitted address. The form may have changed it. */
const hasVerifiedEmail = (person: Person | undefined, { email }: Pick<UserFields, "email">): boolean =>
  email !== null && email === person?.verifiedEmail;

const productsOf = (plans: readonly Plan[]): readonly number[] => [
  ...new Set(plans.flatMap(({ productId }) => productId ?? [])),
];

const hashingOf = ({ provider, by }: SignUp): HashingFor =>
  by.via === "form" ? { providerId: provider.id, address: by.address } : { providerId: provider.id };

async function findPlansForSignUp(
  pool: Pool,
  signUp: SignUp,
): Promise<ReturnType<typeof choosePlans> | "unknown plan"> {
  const requested = await findRequestedPlans(pool, signUp);
  return requested ? choosePlans(requested, await readDefaultPlans(pool, signUp.provider.id)) : "unknown plan";
}

/** Returns whether the sign-up form is open. */
export async function signUpIsOpen(db: Database, provider: Provider): Promise<boolean> {
  const defaults = await readDefaultPlans(db, provider.id);
  return provider.signupsEnabled && defaults.some((plan) => plan.kind === "account_plan");
}

/**
 * Returns the requested plans, of any kind, or undefined if one is not available. Programs may choose hidden plans, and get a default
 * plan instead of an unknown one, as in 3scale. A custom plan of another application is not available, because it is deleted with that
 * application.
 */
async function findRequestedPlans(
  db: Database,
  { provider, by, requestedPlans: ids = [] }: SignUp,
): Promise<readonly Plan[] | undefined> {
  if (ids.length === 0) return [];
  const isForm = by.via === "form";
  const plans = (await readPlans(db, provider.id, ids)).filter(
    (plan) => plan.customizedFrom === null && (!isForm || plan.state === "published"),
  );
  const isMissing = (id: number): boolean => !plans.some((plan) => plan.id === id);
  if (isForm && ids.some(isMissing)) return undefined;
  const productScope = by.via === "program" ? by.productScope : undefined;
  return plans.every(({ productId }) => productId === null || isInProductScope(productScope, productId))
    ? plans
    : undefined;
}

interface ChosenPlans {
  readonly accountPlan: Plan;
  readonly servicePlans: readonly Plan[];
  readonly applicationPlans: readonly Plan[];
}

/**
 * Chooses the plans of a new account: the requested ones, and default plans for the kinds and products without a
 * request. An account has one subscription per product, so two service plans of one product conflict. An application
 * needs a subscription to its product: a requested plan without one is an error, a default plan without one is left
 * out.
 */
export function choosePlans(
  requested: readonly Plan[],
  defaults: readonly Plan[],
): ChosenPlans | "no account plan" | "no service plan" | "two service plans" {
  const requestedOrDefault = (kind: PlanKind): readonly Plan[] => {
    const requestedOfKind = plansOfKind(requested, kind);
    const products = new Set(requestedOfKind.map((plan) => plan.productId));
    return [...requestedOfKind, ...plansOfKind(defaults, kind).filter((plan) => !products.has(plan.productId))];
  };

  const [accountPlan] = requestedOrDefault("account_plan");
  if (!accountPlan) return "no account plan";
  const servicePlans = requestedOrDefault("service_plan");
  if (!areOfDifferentProducts(servicePlans)) return "two service plans";
  const isSubscribed = (plan: Plan): boolean => servicePlans.some(({ productId }) => productId === plan.productId);
  if (!plansOfKind(requested, "application_plan").every(isSubscribed)) return "no service plan";
  return { accountPlan, servicePlans, applicationPlans: requestedOrDefault("application_plan").filter(isSubscribed) };
}

const plansOfKind = (plans: readonly Plan[], kind: PlanKind): readonly Plan[] =>
  plans.filter((plan) => plan.kind === kind);

const areOfDifferentProducts = (plans: readonly Plan[]): boolean =>
  new Set(plans.map(({ productId }) => productId)).size === plans.length;

/** The parsed values of a sign-up. */
interface SignUpFields extends UserFields {
  readonly orgName: string;
  readonly accountFields: FieldValues;
  readonly annotations: Readonly<Record<string, string>>;
}

/** Parses the values of a sign-up and returns all errors, by the names of the form's fields. */
export function parseSignUp(
  settings: DocumentSettings,
  input: FieldInput,
  { writer, hasPassword = true }: { readonly writer: FieldWriter; readonly hasPassword?: boolean },
): { readonly fields: SignUpFields; readonly errors: FieldErrors } {
  const ofAccount = { definitions: settings.definitions, target: "Account", writer, isSignUp: true } as const;
  const named = renameOrgName(input, writer);
  const account = parseFieldInput(ofAccount, named);
  const user = parseNewUser(settings, input, { writer, isSignUp: true, hasPassword });
  const { annotations, errors: wrongAnnotations } = parseAnnotations({}, input["annotations"]);
  const { org_name: orgName, ...accountFields } = applyFieldInput({}, account.changes);
  return {
    fields: { orgName: typeof orgName === "string" ? orgName : "", accountFields, annotations, ...user.fields },
    errors: mergeErrors(missingFields(ofAccount, named), account.errors, user.errors, wrongAnnotations),
  };
}

/** The actor of a form is the new user; a program acts as itself. */
export type SignUpSource = Pick<ChangeContext, "adminPortalUrl"> & (FormSource | ProgramSource);

type FormSource = {
  readonly via: "form";
  /** The visitor's address, because password hashing is shared fairly between networks. */
  readonly address: string;
  /** True if a mail server is configured. Without one, email addresses are not confirmed. */
  readonly mailIsSent: boolean;
  readonly activationUrl: (code: string) => string;
  /** Replaces the password. */
  readonly person?: Person | undefined;
  /** The account needs no approval, whatever its plan requires. */
  readonly approvesAccount?: boolean;
};

interface ProgramSource extends Pick<ChangeContext, "actor" | "channel" | "productScope"> {
  readonly via: "program";
}

/** A valid sign-up with the decisions about it. */
export interface ValidSignUp {
  readonly settings: DocumentSettings;
  readonly by: SignUpSource;
  readonly now: Date;
  readonly fields: SignUpFields;
  readonly plans: ChosenPlans;
  readonly products: readonly Product[];
  readonly states: InitialStates;
  readonly passwordHash: string | null;
}

export interface SignedUp extends SignUpResult {
  readonly events: readonly RecordedEvent[];
}

/** A concurrent request took the name. Thrown, so that the transaction rolls back. */
class NameTaken extends Error {
  override readonly name = "NameTaken";
  readonly errors: FieldErrors;

  constructor(errors: FieldErrors) {
    super("the name was taken at the same time");
    this.errors = errors;
  }
}

/** Inserts everything that a sign-up creates, with its events. Returns undefined if one of the plans was deleted. */
async function insertSignUp(tx: Transaction, signUp: ValidSignUp): Promise<SignedUp | undefined> {
  const { settings, by, plans, now } = signUp;
  const { provider } = settings;
  const providerId = provider.id;
  const everyPlan = [plans.accountPlan, ...plans.servicePlans, ...plans.applicationPlans];
  if (!(await lockPlansForShare(tx, providerId, everyPlan))) return undefined;
  if (by.via === "form") developerUsageOf(tx, providerId).add(now, [developerLimits.signUps], 1);
  const account = await insertSignUpAccount(tx, signUp);
  const user = await insertFirstUser(tx, signUp, account);
  const applications = await insertApplications(tx, signUp, account);

  const details = { account, plans: inDocumentOrder(everyPlan), users: [user] };
  const change: ChangeContext =
    by.via === "form"
      ? { ...by, actor: { kind: "developer", userId: user.id }, channel: "developer_portal", now }
      : { ...by, now };
  const { actor, channel } = change;
  const [events] = await Promise.all([
    recordAccountEvents(
      tx,
      { providerId, actor, channel, now },
      account,
      signUpEvents(settings, { details, user, applications }, by.via),
    ),
    insertNotificationMails(tx, { provider, account, by: change }, signUpMails(signUp, account, applications)),
  ]);
  return { details, user, applications, events };
}

/** Renders the notifications about the account, its subscriptions and its applications. */
function signUpMails(
  { plans: { servicePlans }, products }: ValidSignUp,
  account: Account,
  applications: readonly Application[],
): readonly NotificationMail[] {
  return [
    notificationMails.account_created({ account, productIds: productsOf(servicePlans) }),
    ...servicePlans.flatMap(({ name: plan, productId, approvalRequired }) => {
      const product = products.find(({ id }) => id === productId);
      const access = approvalRequired ? "pending" : "live";
      return product ? [notificationMails.service_contract_created({ account, product, plan, access })] : [];
    }),
    ...applications.map(({ id, product, plan, state, ...application }) =>
      notificationMails.application_created({
        account,
        product,
        application: { id, name: titleOf({ id, name: application.name }) },
        plan: plan.name,
        isPending: state === "pending",
      }),
    ),
  ];
}

async function insertSignUpAccount(tx: Transaction, signUp: ValidSignUp): Promise<Account> {
  const { settings, fields, plans, states, now } = signUp;
  const providerId = settings.provider.id;
  const account = await insertAccount(
    tx,
    providerId,
    {
      orgName: fields.orgName,
      state: states.account,
      planId: plans.accountPlan.id,
      annotations: fields.annotations,
      fields: fields.accountFields,
    },
    now,
  );
  await insertServiceSubscriptions(tx, { providerId, accountId: account.id, plans: plans.servicePlans, now });
  return account;
}

async function insertFirstUser(
  tx: Transaction,
  { settings: { provider }, by, fields, states, passwordHash, now }: ValidSignUp,
  account: Account,
): Promise<User> {
  const { username, email } = fields;
  const link = by.via === "form" && states.user === "pending" ? newActivationLink(by.activationUrl) : undefined;
  const user = await insertUser(
    tx,
    provider.id,
    {
      accountId: account.id,
      username,
      email,
      passwordHash,
      hasConfirmedEmail: by.via === "form" && hasVerifiedEmail(by.person, fields),
      role: "admin",
      state: states.user,
      activationCodeDigest: link?.codeDigest,
      fields: fields.userFields,
    },
    now,
  );
  if (!user) throw new NameTaken(mergeErrors(await findTakenUserNames(tx, provider.id, fields)));
  if (by.via === "form") await linkPerson(tx, by.person, user);
  if (link && email !== null) {
    const mail = activationMail({ provider, recipient: email, username, url: link.url });
    await insertMail(tx, provider.id, { ...mail, accountId: account.id }, now);
  }
  return user;
}

function newActivationLink(urlOf: (code: string) => string): { readonly url: string; readonly codeDigest: Buffer } {
  const code = newLinkCode();
  return { url: urlOf(code), codeDigest: secretDigest(code) };
}

async function insertApplications(
  tx: Transaction,
  { settings, by, plans, products, now }: ValidSignUp,
  account: Account,
): Promise<readonly Application[]> {
  const named =
    by.via === "form"
      ? { name: `${account.orgName}'s App`, description: null, createOrigin: "registration" }
      : { name: "API signup", description: "API signup", createOrigin: "api" };
  const applications: Application[] = [];
  for (const plan of plans.applicationPlans) {
    const product = products.find(({ id }) => id === plan.productId);
    if (!product) throw new Error(`The product of plan ${plan.id} is gone.`);
    const requested = newApplication({ accountId: account.id, product, plan, ...named }, now);
    const application = await insertApplication(tx, settings.provider.id, requested);
    if (!application) throw new Error("A random key or application id was taken.");
    applications.push(application);
  }
  return applications;
}

/** The objects that a sign-up creates, in their final state. */
interface SignUpResult {
  readonly details: AccountDetails;
  readonly user: User;
  readonly applications: readonly Application[];
}

/**
 * Builds the events for the account, its user and each application, in this order. Only sign-ups by programs also
 * record events for the first keys.
 */
function signUpEvents(
  settings: DocumentSettings,
  { details, user, applications }: SignUpResult,
  via: "form" | "program",
): readonly AccountEvent[] {
  return [
    { type: "account.created", objectId: details.account.id, document: representAccount(details, settings) },
    userEvent("user.created", settings, user),
    ...applications.flatMap((application) => [
      applicationEvent({ type: "application.created" }, settings, application),
      ...(via === "program" ? application.keys : []).map((key) =>
        applicationEvent({ type: "application.key_created", key }, settings, application),
      ),
    ]),
  ];
}
