import { reaches, type By } from "#access/index.ts";
import type { Pool, Transaction } from "#platform/database/database.ts";
import { countLimits } from "#platform/limits/limits.ts";
import { requireRoom } from "#platform/limits/require-room.ts";
import { insertServiceSubscriptions } from "#portal/accounts/service-subscriptions-table.ts";
import { lockAccount } from "#portal/accounts/accounts-table.ts";
import { requireChangesLeft } from "#portal/accounts/count-changes.ts";
import {
  hasNoErrors,
  mergeErrors,
  missingFields,
  readDocumentSettings,
  type DocumentSettings,
  type FieldErrors,
  type FieldInput,
  type FieldWriter,
} from "#portal/fields/index.ts";
import { lockPlanForShare, readProduct, type Plan, type Product } from "#portal/products/index.ts";
import type { Provider } from "#portal/providers/index.ts";

import { ofKey } from "./application-events.ts";
import type { Application } from "./application.ts";
import {
  tell,
  type ApplicationOutcome,
  type ChangedApplication,
  type NotForDevelopers,
  type Refused,
} from "./change-application.ts";
import { findTakenCredentials } from "./find-taken-credentials.ts";
import { judgeApplication } from "./judge-application.ts";
import { judgeNewCredentials } from "./judge-new-credentials.ts";
import { insertApplication } from "./insert-application.ts";
import { newApplication } from "./new-application.ts";
import { judgeSubscription } from "./subscriptions/judge-subscription.ts";

export interface ApplicationCreation {
  readonly provider: Provider;
  readonly accountId: number;
  /** Programs may choose any plan. Developers only published ones, and only where the product lets them choose. */
  readonly planId: number;
  /**
   * As they came, by the names of fields and of the API: `redirect_url`, and for programs `user_key`, `application_id`,
   * `application_key` (one or a list), `first_traffic_at`, `first_daily_traffic_at`, `create_origin`.
   */
  readonly values: FieldInput;
  readonly writer: FieldWriter;
  readonly by: By;
}

type CreationOutcome = ApplicationOutcome | NotForDevelopers | { readonly notFound: "plan" | "service plan" };

/** A new application, with its keys. Undefined if the provider has no such account. */
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
    const product = plan && (await productOf(tx, provider.id, plan));
    if (!product || !reaches(by.reach, product.id)) return { notFound: "plan" };
    if (writer === "developer" && !mayChoose(product, plan)) return { notAllowed: "developers" };

    const judged = judge(settings, creation, newOf(creation, { product, plan }));
    if ("refused" in judged) return judged;
    const which = { providerId: provider.id, accountId };
    const subscription = await judgeSubscription(tx, { ...which, product, writer });
    if ("refused" in subscription || "notFound" in subscription) return subscription;
    requireChangesLeft(tx, { providerId: provider.id, accountId, now: by.now });
    await requireRoom(tx, countLimits.applications, { providerId: provider.id, id: accountId });
    // It is the last that can be refused, so nothing is written before.
    const application = await insertApplication(tx, provider.id, judged.application);
    if (!application) return { refused: mergeErrors(await findTakenCredentials(tx, provider.id, judged.application)) };
    await insertServiceSubscriptions(tx, { ...which, plans: subscription.toSubscribe, now: by.now });
    return tellOfNew({ tx, settings, account, application, by });
  });
}

/** The product that applications on this plan use. A plan that was made for another's application is not to be had. */
async function productOf(tx: Transaction, providerId: number, plan: Plan): Promise<Product | undefined> {
  if (plan.kind !== "application_plan" || plan.productId === null || plan.customizedFrom !== null) return undefined;
  return readProduct(tx, providerId, plan.productId);
}

const mayChoose = ({ buyersManageApps, buyerCanSelectPlan }: Product, { state, isDefault }: Plan): boolean =>
  buyersManageApps && (isDefault || (buyerCanSelectPlan && state === "published"));

const newOf = (
  { accountId, writer, by }: ApplicationCreation,
  { product, plan }: { readonly product: Product; readonly plan: Plan },
): Application => {
  const createOrigin = writer === "program" ? "api" : "developer";
  return newApplication({ accountId, product, plan, name: null, description: null, createOrigin }, by.now);
};

function judge(
  settings: DocumentSettings,
  { values, writer, by }: ApplicationCreation,
  template: Application,
): { readonly application: Application } | Refused {
  const { definitions } = settings;
  const { application: named, errors } = judgeApplication(settings, template, { values, writer, now: by.now });
  const { application, errors: wrongCredentials } =
    writer === "program" ? judgeNewCredentials(named, values, by.now) : { application: named, errors: {} };
  const refused: FieldErrors = mergeErrors(
    missingFields({ definitions, target: "Cinstance", writer }, values),
    errors,
    wrongCredentials,
  );
  return hasNoErrors(refused) ? { application } : { refused };
}

/** The application, then each key that came with it. */
async function tellOfNew(made: Parameters<typeof tell>[0]): Promise<ChangedApplication> {
  const { application } = made;
  const keysCreated = application.keys.map((key) => ofKey("application.key_created", key));
  return { application, events: await tell(made, ["application.created", ...keysCreated]) };
}
