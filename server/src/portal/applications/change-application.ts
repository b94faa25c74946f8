import { isDeepStrictEqual } from "node:util";
import { type ChangeContext, isInProductScope, requireWithinLimit } from "#access/index.ts";
import { type Pool, retryOnUniqueViolation, type Transaction } from "#platform/database/database.ts";
import { countLimits } from "#platform/limits.ts";
import { isXmlText } from "#platform/xml.ts";
import { recordAccountEvents, requireChangesLeft } from "#portal/accounts/account-events.ts";
import { type Account, insertServiceSubscriptions, lockAccount } from "#portal/accounts/account.ts";
import type { AccountChange } from "#portal/accounts/change-account.ts";
import {
  applyFieldInput,
  type DocumentSettings,
  errorsOf,
  type FieldErrors,
  type FieldInput,
  type FieldWriter,
  hasNoErrors,
  mergeErrors,
  missingFields,
  parseFieldInput,
  parseRequest,
  readDocumentSettings,
  refuseTransition,
} from "#portal/fields/index.ts";
import {
  applicationAcceptedMail,
  applicationRejectedMail,
  insertMailsToAdmins,
  insertNotificationMails,
  type NotificationMail,
  notificationMails,
} from "#portal/mails/index.ts";
import { lockPlanForShare, type Plan, type Product, readProduct } from "#portal/products/index.ts";
import { listUsers } from "#portal/users/user.ts";
import type { RecordedEvent } from "#webhooks/events/index.ts";
import {
  deleteApplicationRows,
  findTakenCredentials,
  insertApplication,
  listApplications,
  lockApplication,
  textsOfApplicationsErrors,
  updateApplicationRow,
} from "./application-table.ts";
import {
  type Application,
  applicationChanges,
  applicationEvent,
  type ApplicationEventInput,
  applicationFields,
  type ApplicationRow,
  inListedOrder,
  keysMax,
  newApplication,
  newKey,
  newUserKey,
  parseApplicationId,
  parseKeys,
  titleOf,
} from "./application.ts";
import { requireSubscription } from "./subscriptions.ts";

export interface ApplicationCreation extends AccountChange {
  /** Programs may choose any plan; developers only published ones, and only if the product lets them choose. */
  readonly planId: number;
  /**
   * Unparsed values by the names of fields and of the API: `redirect_url`, and for programs `user_key`,
   * `application_id`, `application_key` (one or a list), `first_traffic_at`, `first_daily_traffic_at`, `create_origin`.
   */
  readonly values: FieldInput;
  readonly writer: FieldWriter;
  /** An equal application created after this time is the same creation sent twice. */
  readonly sameAfterMs?: number | undefined;
}

type CreationOutcome = ApplicationOutcome | NotForDevelopers | { readonly notFound: "plan" | "service plan" };

/** Creates an application with its keys. Returns undefined if the provider has no such account. */
export async function createApplication(
  pool: Pool,
  creation: ApplicationCreation,
): Promise<CreationOutcome | undefined> {
  const { provider, accountId, planId, writer, by } = creation;
  const settings = await readDocumentSettings(pool, provider);
  return pool.inTransaction(async (tx) => {
    const account = await lockAccount(tx, provider.id, accountId);
    if (!account) return undefined;
    const plan = await lockPlanForShare(tx, provider.id, planId);
    const product = plan && (await productOfPlan(tx, provider.id, plan));
    if (!product || !isInProductScope(by.productScope, product.id)) return { notFound: "plan" };
    if (writer === "developer" && !mayChoosePlan(product, plan)) return { notAllowed: "developers" };

    const judged = parseCreation(settings, creation, applicationTemplate(creation, { product, plan }));
    if ("refused" in judged) return judged;
    const same = await findSameApplication(tx, creation, judged.application);
    if (same) return { application: same, events: [] };
    const which = { providerId: provider.id, accountId };
    const subscription = await requireSubscription(tx, { ...which, product, writer });
    if ("refused" in subscription || "notFound" in subscription) return subscription;
    requireChangesLeft(tx, { providerId: provider.id, ...by }, account);
    await requireWithinLimit(tx, countLimits.applications, { providerId: provider.id, id: accountId });
    const tooLong = await textsOfApplicationsErrors(tx, provider.id, judged.application);
    if (!hasNoErrors(tooLong)) return { refused: tooLong };
    // Nothing is written before this last step that can fail.
    const application = await insertApplication(tx, provider.id, judged.application);
    if (!application) return { refused: mergeErrors(await findTakenCredentials(tx, provider.id, judged.application)) };
    await insertServiceSubscriptions(tx, { ...which, plans: subscription.toSubscribe, now: by.now });
    return recordCreation({ tx, settings, account, application, by }, subscription.toSubscribe);
  });
}

/** Returns the product of an application plan. Custom plans of other applications are not available. */
async function productOfPlan(tx: Transaction, providerId: number, plan: Plan): Promise<Product | undefined> {
  if (plan.kind !== "application_plan" || plan.productId === null || plan.customizedFrom !== null) return undefined;
  return readProduct(tx, providerId, plan.productId);
}

/** Returns the application that an earlier submission of the same form has created. The locked account keeps both apart. */
async function findSameApplication(
  tx: Transaction,
  { provider, accountId, sameAfterMs }: ApplicationCreation,
  { plan, name, description, fields }: Application,
): Promise<Application | undefined> {
  if (sameAfterMs === undefined) return undefined;
  const applications = await listApplications(tx, provider.id, accountId);
  return applications.find(
    (application) =>
      application.createdAt.getTime() > sameAfterMs &&
      application.plan.id === plan.id &&
      isDeepStrictEqual([application.name, application.description, application.fields], [name, description, fields]),
  );
}

const mayChoosePlan = ({ buyersManageApps, buyerCanSelectPlan }: Product, { state, isDefault }: Plan): boolean =>
  buyersManageApps && (isDefault || (buyerCanSelectPlan && state === "published"));

const applicationTemplate = (
  { accountId, writer, by }: ApplicationCreation,
  { product, plan }: { readonly product: Product; readonly plan: Plan },
): Application => {
  const createOrigin = writer === "program" ? "api" : "developer";
  return newApplication({ accountId, product, plan, name: null, description: null, createOrigin }, by.now);
};

function parseCreation(
  settings: DocumentSettings,
  { values, writer, by }: ApplicationCreation,
  template: Application,
): { readonly application: Application } | Refused {
  const { definitions } = settings;
  const { application: named, errors } = parseApplication(settings, template, { values, writer, now: by.now });
  const { application, errors: wrongCredentials } =
    writer === "program" ? parseNewCredentials(named, values, by.now) : { application: named, errors: {} };
  const refused: FieldErrors = mergeErrors(
    missingFields({ definitions, target: "Cinstance", writer }, values),
    errors,
    wrongCredentials,
  );
  return hasNoErrors(refused) ? { application } : { refused };
}

/** Applies the application id and keys that a program chose for a new application, and returns their errors. */
function parseNewCredentials(
  application: Application,
  values: FieldInput,
  now: Date,
): { readonly application: Application; readonly errors: FieldErrors } {
  const applicationId = parseApplicationId(values, "application_id");
  const keys = parseKeys(values, "application_key");
  return {
    application: {
      ...application,
      applicationId: applicationId.value ?? application.applicationId,
      keys: inListedOrder(keys.value?.map((value) => newKey(now, value)) ?? application.keys),
    },
    errors: {
      ...errorsOf({ application_id: applicationId, application_key: keys }),
      base: (keys.value?.length ?? 0) > keysMax(application.product) ? ["Limit reached"] : [],
    },
  };
}

/** Records the events of the application and of each of its keys. */
async function recordCreation(created: LockedApplication, servicePlans: readonly Plan[]): Promise<ChangedApplication> {
  const { application } = created;
  const { plan, state } = application;
  const keysCreated = application.keys.map((key) => ({ type: "application.key_created", key }) as const);
  const of = namesOf(created);
  const [events] = await Promise.all([
    recordApplicationEvents(created, [{ type: "application.created" }, ...keysCreated]),
    mailUsers(created, [
      notificationMails.application_created({ ...of, plan: plan.name, isPending: state === "pending" }),
      ...servicePlans.map((servicePlan) => {
        const access = servicePlan.approvalRequired ? "pending" : "live";
        return notificationMails.service_contract_created({ ...of, plan: servicePlan.name, access });
      }),
    ]),
  ]);
  return { application, events };
}

/** The application to change, and the origin of the change. */
export interface ApplicationChange extends AccountChange {
  readonly applicationId: number;
}

export interface ChangedApplication {
  readonly application: Application;
  readonly events: readonly RecordedEvent[];
}

export type Refused = { readonly refused: FieldErrors };

export type ApplicationOutcome = ChangedApplication | Refused;

/** The product's settings do not let developers do this. */
export type NotForDevelopers = { readonly notAllowed: "developers" };

/** A locked application, with everything that a change needs. */
export interface LockedApplication {
  readonly tx: Transaction;
  readonly settings: DocumentSettings;
  readonly account: Account;
  readonly application: Application;
  readonly by: ChangeContext;
}

/**
 * Runs `work` on a locked application, in one transaction. Returns undefined if the account has no such application, or
 * if its product is outside of the actor's scope.
 */
export async function changeApplication<T>(
  pool: Pool,
  { provider, accountId, applicationId, by, isDeletion }: ApplicationChange & { readonly isDeletion?: true },
  work: (locked: LockedApplication) => Promise<T>,
): Promise<T | undefined> {
  const settings = await readDocumentSettings(pool, provider);
  return pool.inTransaction(async (tx) => {
    const which = { providerId: provider.id, accountId, applicationId };
    // Locked in this order, in one round trip.
    const [account, application] = await Promise.all([
      lockAccount(tx, provider.id, accountId),
      lockApplication(tx, which),
    ]);
    if (!account || !application || !isInProductScope(by.productScope, application.product.id)) return undefined;
    requireChangesLeft(tx, { providerId: provider.id, ...by, isDeletion }, account);
    return work({ tx, settings, account, application, by });
  });
}

/** Saves a changed application and records its events. */
export async function saveApplication(
  { by, ...locked }: LockedApplication,
  changed: Application,
  inputs: readonly ApplicationEventInput[],
): Promise<ChangedApplication> {
  const application = { ...changed, updatedAt: by.now };
  await updateApplicationRow(locked.tx, locked.settings.provider.id, application);
  return { application, events: await recordApplicationEvents({ ...locked, by, application }, inputs) };
}

/** Records events of an application in its final state. */
export const recordApplicationEvents = (
  { tx, settings, account, application, by }: LockedApplication,
  inputs: readonly ApplicationEventInput[],
): Promise<readonly RecordedEvent[]> =>
  recordAccountEvents(
    tx,
    { providerId: settings.provider.id, ...by },
    account,
    inputs.map((input) => applicationEvent(input, settings, application)),
  );

interface ApplicationUpdate extends ApplicationChange {
  /**
   * Unparsed values by the names of fields and of the API: `redirect_url`, and for programs `user_key`,
   * `first_traffic_at`, `first_daily_traffic_at`, `accepted_at`, `create_origin`. Those that are left out stay
   * unchanged.
   */
  readonly values: FieldInput;
  readonly writer: FieldWriter;
}

/**
 * Changes an application and records the event, if anything changed. Returns undefined if the account has no such
 * application.
 */
export const updateApplication = (
  pool: Pool,
  { values, writer, ...change }: ApplicationUpdate,
): Promise<ApplicationOutcome | NotForDevelopers | undefined> =>
  retryOnUniqueViolation(() =>
    changeApplication<ApplicationOutcome | NotForDevelopers>(pool, change, async (locked) => {
      const { tx, settings, application: before, by } = locked;
      if (writer === "developer" && !before.product.buyersManageApps) return { notAllowed: "developers" };
      const { application, errors } = parseApplication(settings, before, { values, writer, now: by.now });
      const isKeyNew = application.userKey !== before.userKey;
      const taken = isKeyNew ? await findTakenCredentials(tx, change.provider.id, application) : {};
      const tooLong = await textsOfApplicationsErrors(tx, change.provider.id, application, before);
      const refused = mergeErrors(errors, taken, tooLong);
      if (!hasNoErrors(refused)) return { refused };

      const previous = applicationChanges(before, application, settings);
      if (Object.keys(previous).length === 0) return { application: before, events: [] };
      return saveApplication(locked, application, [
        ...(isKeyNew
          ? [{ type: "application.key_updated", key: { value: application.userKey, createdAt: by.now } } as const]
          : []),
        { type: "application.updated", previous },
      ]);
    }),
  );

interface ApplicationInput {
  /** Unparsed values by the names of fields and of the API. */
  readonly values: FieldInput;
  readonly writer: FieldWriter;
  readonly now: Date;
}

/** Parses an input into the changed application and returns all errors. Values that are left out stay unchanged. */
function parseApplication(
  { definitions, provider: { timeZone } }: DocumentSettings,
  before: Application,
  input: ApplicationInput,
): { readonly application: Application; readonly errors: FieldErrors } {
  const { writer, values } = input;
  const stored = {
    ...before.fields,
    ...(before.name === null ? {} : { name: before.name }),
    ...(before.description === null ? {} : { description: before.description }),
  };
  const defined = parseFieldInput({ definitions, target: "Cinstance", writer, stored }, values);
  const { name, description, ...fields } = applyFieldInput(stored, defined.changes);
  const { changes, errors } = parseRequest<ApplicationRow>(applicationFields, { ...input, timeZone });
  return {
    application: {
      ...before,
      ...changes,
      name: typeof name === "string" ? name : null,
      description: typeof description === "string" ? description : null,
      fields,
    },
    errors: mergeErrors(defined.errors, errors),
  };
}

type ApplicationState = Application["state"];

const applicationTransitions = {
  accept: { from: "pending", to: "live", eventType: "application.updated" },
  suspend: { from: "live", to: "suspended", eventType: "application.suspended" },
  resume: { from: "suspended", to: "live", eventType: "application.updated" },
} as const satisfies Record<string, { from: ApplicationState; to: ApplicationState; eventType: string }>;

export type ApplicationTransition = keyof typeof applicationTransitions;

/** Returns the state that a transition leads to. */
export const applicationTarget = (transition: ApplicationTransition): ApplicationState =>
  applicationTransitions[transition].to;

/**
 * Accepts, suspends or resumes an application, if its state allows that. Mails an acceptance to the admins of its account. Returns
 * undefined if the account has no such application.
 */
export const changeApplicationState = (
  pool: Pool,
  { transition, ...change }: ApplicationChange & { readonly transition: ApplicationTransition },
): Promise<ApplicationOutcome | undefined> =>
  changeApplication<ApplicationOutcome>(pool, change, async (locked) => {
    const { from, to, eventType } = applicationTransitions[transition];
    const { application } = locked;
    if (application.state !== from) return refuseTransition(transition);
    if (transition === "accept") await mailAdmins(locked, applicationAcceptedMail);
    return saveApplication(locked, { ...application, state: to }, [{ type: eventType, previous: { state: from } }]);
  });

type UserKeyOutcome = ChangedApplication | NotForDevelopers | { readonly notAllowed: "no user key" };

/** Replaces the user key with a random one. Returns undefined if the account has no such application. */
export const regenerateUserKey = (
  pool: Pool,
  { writer, ...change }: ApplicationChange & { readonly writer: FieldWriter },
): Promise<UserKeyOutcome | undefined> =>
  changeApplication<UserKeyOutcome>(pool, change, async (locked) => {
    const { product } = locked.application;
    if (product.backendVersion !== "1") return { notAllowed: "no user key" };
    if (writer === "developer" && !product.buyerKeyRegenerateEnabled) return { notAllowed: "developers" };
    const userKey = newUserKey();
    const key = { value: userKey, createdAt: locked.by.now };
    return saveApplication(locked, { ...locked.application, userKey }, [
      { type: "application.key_updated", key },
      { type: "application.user_key_updated", key },
    ]);
  });

/** Deletes an application, without events for its keys. Returns undefined if the account has no such application. */
export const deleteApplication = (
  pool: Pool,
  { writer, ...change }: ApplicationChange & { readonly writer: FieldWriter },
): Promise<ChangedApplication | NotForDevelopers | undefined> =>
  changeApplication<ChangedApplication | NotForDevelopers>(pool, { ...change, isDeletion: true }, async (locked) => {
    const isKept = writer === "developer" && !locked.application.product.buyersManageApps;
    return isKept ? { notAllowed: "developers" } : removeApplication(locked);
  });

/** Rejects a pending application: deletes it and mails the reason to the admins of its account. */
export const rejectApplication = (
  pool: Pool,
  { reason, ...change }: ApplicationChange & { readonly reason: string },
): Promise<ApplicationOutcome | undefined> =>
  changeApplication<ApplicationOutcome>(pool, { ...change, isDeletion: true }, async (locked) => {
    if (locked.application.state !== "pending") return refuseTransition("reject");
    if (!isXmlText(reason)) return { refused: { reason: ["contains characters that are not allowed"] } };
    await mailAdmins(locked, (mail) => applicationRejectedMail({ ...mail, reason }));
    return removeApplication(locked);
  });

async function removeApplication(locked: LockedApplication): Promise<ChangedApplication> {
  const { tx, settings, application } = locked;
  await deleteApplicationRows(tx, settings.provider.id, [application.id]);
  const mail = notificationMails.cinstance_cancellation({ ...namesOf(locked), plan: application.plan.name });
  const [events] = await Promise.all([
    recordApplicationEvents(locked, [{ type: "application.deleted" }]),
    mailUsers(locked, [mail]),
  ]);
  return { application, events };
}

/** The names of an application that notifications show. */
export const namesOf = ({ account, application }: Pick<LockedApplication, "account" | "application">) => ({
  account,
  product: application.product,
  application: { id: application.id, name: titleOf(application) },
});

/** Mails notifications about an application to the provider's users. */
export const mailUsers = (
  { tx, settings: { provider }, account, by }: Omit<LockedApplication, "application">,
  mails: readonly NotificationMail[],
): Promise<void> => insertNotificationMails(tx, { provider, account, by }, mails);

async function mailAdmins(
  { tx, settings: { provider }, account, application, by }: LockedApplication,
  render: typeof applicationAcceptedMail,
): Promise<void> {
  const users = await listUsers(tx, provider.id, account.id);
  const of = { name: titleOf(application), applicationId: application.id, portalUrl: by.developerPortalUrl };
  await insertMailsToAdmins(tx, { provider, accountId: account.id, users, now: by.now }, (admin) =>
    render({ ...admin, provider, ...of }),
  );
}
