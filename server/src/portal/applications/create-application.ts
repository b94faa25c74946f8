import { isDeepStrictEqual } from "node:util";
import { type ChangeContext, isInProductScope } from "#access/index.ts";
import type { Pool, Transaction } from "#platform/database/database.ts";
import { countLimits, requireWithinLimit } from "#platform/limits.ts";
import { requireChangesLeft } from "#portal/accounts/account-events.ts";
import { insertServiceSubscriptions, lockAccount } from "#portal/accounts/account.ts";
import {
  type DocumentSettings,
  type FieldErrors,
  type FieldInput,
  type FieldWriter,
  errorsOf,
  hasNoErrors,
  mergeErrors,
  missingFields,
  readDocumentSettings,
} from "#portal/fields/index.ts";
import { type Plan, type Product, lockPlanForShare, readProduct } from "#portal/products/index.ts";
import type { Provider } from "#portal/providers/index.ts";
import {
  parseApplicationId,
  parseKeys,
  type Application,
  inListedOrder,
  keyEvent,
  keysMax,
  newApplication,
  newKey,
} from "./application.ts";
import { findTakenCredentials, insertApplication, listApplications } from "./application-table.ts";
import {
  type ApplicationOutcome,
  type ChangedApplication,
  type NotForDevelopers,
  type Refused,
  parseApplication,
  recordApplicationEvents,
} from "./change-application.ts";
import { requireSubscription } from "./subscriptions.ts";

export interface ApplicationCreation {
  readonly provider: Provider;
  readonly accountId: number;
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
  readonly by: ChangeContext;
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
    requireChangesLeft(tx, { providerId: provider.id, accountId, now: by.now });
    await requireWithinLimit(tx, countLimits.applications, { providerId: provider.id, id: accountId });
    // Nothing is written before this last step that can fail.
    const application = await insertApplication(tx, provider.id, judged.application);
    if (!application) return { refused: mergeErrors(await findTakenCredentials(tx, provider.id, judged.application)) };
    await insertServiceSubscriptions(tx, { ...which, plans: subscription.toSubscribe, now: by.now });
    return recordCreation({ tx, settings, account, application, by });
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
async function recordCreation(created: Parameters<typeof recordApplicationEvents>[0]): Promise<ChangedApplication> {
  const { application } = created;
  const keysCreated = application.keys.map((key) => keyEvent("application.key_created", key));
  return { application, events: await recordApplicationEvents(created, ["application.created", ...keysCreated]) };
}
