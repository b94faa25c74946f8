import { type Actor, type Channel, type Reach, digestOf } from "#access/index.ts";
import type { Transaction } from "#platform/database/database.ts";
import { randomBase32 } from "#platform/ids/random-token.ts";
import { type Account } from "#portal/accounts/account.ts";
import { insertAccount } from "#portal/accounts/accounts-table.ts";
import { insertServiceSubscriptions } from "#portal/accounts/service-subscriptions-table.ts";
import { recordAccountEvents } from "#portal/accounts/record-account-events.ts";
import { type Application } from "#portal/applications/application.ts";
import { insertApplication } from "#portal/applications/insert-application.ts";
import { newApplication } from "#portal/applications/new-application.ts";
import { type DocumentSettings, type FieldErrors, mergeErrors } from "#portal/fields/index.ts";
import { activationMail, insertMail } from "#portal/mails/index.ts";
import { type Product, lockPlansForShare } from "#portal/products/index.ts";
import { type User } from "#portal/users/user.ts";
import { findTakenNames } from "#portal/users/find-taken-names.ts";
import { insertUser } from "#portal/users/users-table.ts";
import type { RecordedEvent } from "#webhooks/events/index.ts";
import type { ChosenPlans } from "./choose-plans.ts";
import type { FirstStates } from "./decide-first-states.ts";
import { type NewlyMade, eventsOfSignUp } from "./events-of-sign-up.ts";
import type { SignUpFields } from "./judge-sign-up.ts";
import { inDocumentOrder } from "./whole-account.ts";

/** Who fills in the form acts as the user that comes of it; a program acts as who it is. */
export type SignUpDoor =
  | {
      readonly door: "form";
      /** Where the form came from: networks take turns at hashing. */
      readonly address: string;
      /** Whether there is a mail server: without one, nobody is asked to prove an address. */
      readonly mailIsSent: boolean;
      readonly activationUrl: (code: string) => string;
    }
  | { readonly door: "program"; readonly actor: Actor; readonly channel: Channel; readonly reach?: Reach };

/** A sign-up with which nothing is wrong, and what was decided about it. */
export interface JudgedSignUp {
  readonly settings: DocumentSettings;
  readonly by: SignUpDoor;
  readonly now: Date;
  readonly fields: SignUpFields;
  readonly plans: ChosenPlans;
  readonly products: readonly Product[];
  readonly states: FirstStates;
  readonly passwordHash: string | null;
}

export interface SignedUp extends NewlyMade {
  readonly events: readonly RecordedEvent[];
}

/** Somebody else took the name in the meantime. Thrown, because what was written before must be undone. */
export class NameTaken extends Error {
  override readonly name = "NameTaken";
  readonly errors: FieldErrors;

  constructor(errors: FieldErrors) {
    super("the name was taken at the same time");
    this.errors = errors;
  }
}

/** Writes all that a sign-up makes, with its events. Undefined if one of the plans is gone by now. */
export async function writeSignUp(tx: Transaction, signUp: JudgedSignUp): Promise<SignedUp | undefined> {
  const { settings, by, plans, now } = signUp;
  const providerId = settings.provider.id;
  const everyPlan = [plans.accountPlan, ...plans.servicePlans, ...plans.applicationPlans];
  if (!(await lockPlansForShare(tx, providerId, everyPlan))) return undefined;
  const account = await writeAccount(tx, signUp);
  const user = await writeFirstUser(tx, signUp, account);
  const applications = await writeApplications(tx, signUp, account);

  const whole = { account, plans: inDocumentOrder(everyPlan), users: [user] };
  const events = await recordAccountEvents(
    tx,
    by.door === "form"
      ? { providerId, actor: { kind: "developer", userId: user.id }, channel: "developer_portal", now }
      : { providerId, actor: by.actor, channel: by.channel, now },
    account,
    eventsOfSignUp(settings, { whole, user, applications }, by.door),
  );
  return { whole, user, applications, events };
}

async function writeAccount(tx: Transaction, signUp: JudgedSignUp): Promise<Account> {
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

async function writeFirstUser(
  tx: Transaction,
  { settings: { provider }, by, fields, states, passwordHash, now }: JudgedSignUp,
  account: Account,
): Promise<User> {
  const { username, email } = fields;
  const link = by.door === "form" && states.user === "pending" ? newActivationLink(by.activationUrl) : undefined;
  const user = await insertUser(
    tx,
    provider.id,
    {
      accountId: account.id,
      username,
      email,
      passwordHash,
      role: "admin",
      state: states.user,
      activationCodeDigest: link?.codeDigest ?? null,
      fields: fields.userFields,
    },
    now,
  );
  if (!user) throw new NameTaken(mergeErrors(await findTakenNames(tx, provider.id, fields)));
  if (link && email !== null) {
    await insertMail(tx, provider.id, activationMail({ provider, recipient: email, username, url: link.url }), now);
  }
  return user;
}

const codeLength = 32;

function newActivationLink(urlOf: (code: string) => string): { readonly url: string; readonly codeDigest: Buffer } {
  const code = randomBase32(codeLength);
  return { url: urlOf(code), codeDigest: digestOf(code) };
}

async function writeApplications(
  tx: Transaction,
  { settings, by, plans, products, now }: JudgedSignUp,
  account: Account,
): Promise<readonly Application[]> {
  const named =
    by.door === "form"
      ? { name: `${account.orgName}'s App`, description: null, createOrigin: "registration" }
      : { name: "API signup", description: "API signup", createOrigin: "api" };
  const applications: Application[] = [];
  for (const plan of plans.applicationPlans) {
    const product = products.find(({ id }) => id === plan.productId);
    if (!product) throw new Error(`The product of plan ${plan.id} is gone.`);
    const wanted = newApplication({ accountId: account.id, product, plan, ...named }, now);
    const application = await insertApplication(tx, settings.provider.id, wanted);
    if (!application) throw new Error("A random key or application id was taken.");
    applications.push(application);
  }
  return applications;
}
